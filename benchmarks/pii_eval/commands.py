"""`crm-insights scrub --jsonl` and `restore --jsonl` as somebody pipes them, and what they cost."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from benchmarks.pii_eval.corpora import Corpus, RoundTrips

_COMMAND = (sys.executable, "-m", "streams.cli")
_SIZE, _STEP = 6_000, 6_979  # the step is no multiple of the size: no two cuts begin alike
_FEW, _MANY = 20, 300


class Masked(NamedTuple):
    """One masked stretch."""

    start: int
    end: int
    type: str


def scrubbed(corpus: Corpus) -> dict[str, tuple[Masked, ...]]:
    """What the command masks in each document, by id."""
    given = ({"id": d.id, "text": d.text, "known": d.known} for d in corpus.documents)
    return {
        answer["id"]: tuple(Masked(span["start"], span["end"], span["type"]) for span in answer["spans"])
        for answer in _answers("scrub", given)
    }


def restored(trips: RoundTrips) -> dict[str, Mapping[str, Any]]:
    """What the command makes of each altered answer, by id."""
    fields = ("id", "answer", "map", "format")
    given = ({field: case[field] for field in fields if field in case} for case in trips.cases)
    return {answer["id"]: answer for answer in _answers("restore", given)}


def cpu_ms_per_6_kb(corpus: Corpus) -> float:
    """Milliseconds of CPU time for 6,000 characters of the corpus, with JSON in and out and without the start."""
    texts = _cuts(corpus)
    few, many = (_cpu_s(texts[:count]) for count in (_FEW, _MANY))
    return max(0.0, (many - few) / (_MANY - _FEW) * 1_000)


def _cuts(corpus: Corpus) -> list[str]:
    stream = "\n\n".join(document.text for document in corpus.documents)
    stream *= 2 * _SIZE // len(stream) + 1
    starts = (number * _STEP % (len(stream) - _SIZE) for number in range(_MANY))
    return [stream[start : start + _SIZE] for start in starts]


def _cpu_s(texts: Sequence[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    _answers("scrub", ({"id": number, "text": text} for number, text in enumerate(texts)))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def _answers(command: str, given: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    lines = "".join(json.dumps(line) + "\n" for line in given)
    run = subprocess.run([*_COMMAND, command, "--jsonl"], input=lines, text=True, stdout=subprocess.PIPE, check=True)
    return [json.loads(line) for line in run.stdout.splitlines()]
