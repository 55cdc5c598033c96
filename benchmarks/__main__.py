"""List and run the benchmarks: every module of this package that has a `run()`, each in a fresh interpreter.

Each prints a table and writes NAME.json and NAME.svg. A fresh interpreter, because what one benchmark leaves behind
(caches, a grown heap, imported modules) changes what the next one measures.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
# What benchmarks are made of, and what has a target of its own: the soak, which takes a quarter of an hour, and the
# evaluation of the scrubber, which needs corpora.
OWN_MODULES = frozenset({"__main__", "pii_eval", "processes", "report", "soak"})


def names() -> list[str]:
    """The benchmarks that are there."""
    return sorted(module.name for module in pkgutil.iter_modules([str(HERE)]) if module.name not in OWN_MODULES)


def run_one(name: str, output: Path) -> None:
    """Run one benchmark here, print its table, write its files."""
    report = importlib.import_module(f"benchmarks.{name}").run()
    print(report.as_text())
    for path in report.write(output, name):
        print(f"  wrote {path}")


def main() -> int:
    """Parse the command line; answers the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="what to run; everything by default")
    parser.add_argument("--list", action="store_true", help="name the benchmarks and end")
    parser.add_argument("--output", type=Path, default=HERE / "results", help="directory of the JSON and SVG files")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()

    found = names()
    unknown = sorted(set(options.names) - set(found))
    if unknown:
        parser.error(f"no benchmark {', '.join(unknown)}; there are: {', '.join(found)}")
    if options.list:
        for name in found:
            print(f"{name:20} {(importlib.import_module(f'benchmarks.{name}').__doc__ or '').splitlines()[0]}")
        return 0
    failed = False
    for name in options.names or found:
        if options.here:
            run_one(name, options.output)
        else:
            command = [sys.executable, "-m", "benchmarks", "--here", "--output", str(options.output), name]
            failed |= subprocess.run(command, check=False).returncode != 0
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
