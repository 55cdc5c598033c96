"""Measure the scrubber on marked corpora and print its figures beside the bars."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from benchmarks.pii_eval import commands
from benchmarks.pii_eval.bars import CPU_MS_WANTED, Results, reached
from benchmarks.pii_eval.corpora import Corpus, files_of, read
from benchmarks.pii_eval.report import markdown, write_into
from benchmarks.pii_eval.scoring import round_trip, score


def main() -> int:
    """Parse the command line and measure; answers the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pii_eval", description=__doc__)
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="corpora, or directories that hold some")
    parser.add_argument("--no-cpu", action="store_true", help="leave the CPU time out: it needs a quiet machine")
    parser.add_argument("--page", type=Path, help="write the tables into this page too, such as docs/pii.md")
    parser.add_argument(
        "--failures", type=Path, help="write what was missed and masked in vain as JSON lines, with text"
    )
    parser.add_argument("--check", action="store_true", help="exit 1 where a bar is missed")
    options = parser.parse_args()

    files = files_of(options.paths)
    if not files:
        parser.error("there are no *.jsonl or *.jsonl.gz files")
    results, failures = measured(files, cpu=not options.no_cpu)
    text = markdown(results)
    sys.stdout.write(text)
    if options.page is not None:
        write_into(options.page, text)
    if options.failures is not None:
        options.failures.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in failures), "utf-8")
    return int(options.check and any(row.met is False for row in reached(results)))


def measured(files: list[Path], *, cpu: bool) -> tuple[Results, list[dict[str, object]]]:
    """The figures of each file, and everything that went wrong."""
    scores, trips, cpu_ms = {}, {}, {}
    failures: list[dict[str, object]] = []
    for file in files:
        data = read(file)
        if isinstance(data, Corpus):
            scores[data.name] = score(data, commands.scrubbed(data))
            failures += ({"corpus": data.name} | failure for failure in scores[data.name].failures)
            if cpu and data.name.startswith(tuple(CPU_MS_WANTED)):
                cpu_ms[data.name] = commands.cpu_ms_per_6_kb(data)
        else:
            trips[data.name], wrong = round_trip(data, commands.restored(data))
            failures += ({"corpus": data.name} | failure for failure in wrong)
    return Results(scores, trips, cpu_ms), failures


if __name__ == "__main__":
    sys.exit(main())
