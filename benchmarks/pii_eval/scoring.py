"""From what is in the documents and what was masked to figures.

- a mark is found if nine tenths of its characters are masked, as whatever type
- a masked stretch is right if half of it is personal, and left out where half of it may be masked or not
- a document leaks if it holds a direct identifier that is not found
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from math import sqrt
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks.pii_eval.corpora import IGNORED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from benchmarks.pii_eval.commands import Masked
    from benchmarks.pii_eval.corpora import Corpus, Document, Mark, RoundTrips

INDIRECT = frozenset({"DATE_OF_BIRTH", "LOCATION", "ORGANIZATION"})
"""Types that name nobody by themselves."""

DISGUISED = frozenset({"asr", "unicode", "ocr", "spelled", "linebreak"})
"""Tags and kinds of what is not written normally: spoken, disguised, misread, broken over lines."""

_FOUND_SHARE, _RIGHT_SHARE = 0.9, 0.5
_CONTEXT_CHARS = 40
_Z = 1.96


class Share(NamedTuple):
    """So many of so many."""

    part: int
    whole: int

    @property
    def value(self) -> float | None:
        """The share; None of nothing."""
        return self.part / self.whole if self.whole else None

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's interval, 95 %."""
        n, p = self.whole, self.part / self.whole
        middle, spread = p + _Z**2 / (2 * n), _Z * sqrt(p * (1 - p) / n + _Z**2 / (4 * n * n))
        return (middle - spread) / (1 + _Z**2 / n), (middle + spread) / (1 + _Z**2 / n)


@dataclass(slots=True)
class Score:
    """The figures of one corpus; each counter counts by type, by kind, or by "PERSON known" and the like."""

    marks: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    masked: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)
    kept: Counter[str] = field(default_factory=Counter)
    destroyed: Counter[str] = field(default_factory=Counter)
    documents: Counter[str] = field(default_factory=Counter)
    failures: list[dict[str, Any]] = field(default_factory=list)
    """What was missed, masked in vain or destroyed, with its surroundings: for whoever looks for the reason."""

    def recall(self, *names: str) -> Share:
        """Of a type, of "PERSON known", "PERSON unknown"; of all types together where none is given."""
        return self._share(self.found, self.marks, names or _types(self.marks))

    def precision(self, *types: str) -> Share:
        """Of a type, or of all together."""
        return self._share(self.right, self.masked, types or tuple(self.masked))

    def f2(self) -> float | None:
        """Precision and recall over all types, recall four times as heavy."""
        precision, recall = self.precision().value, self.recall().value
        if not precision or not recall:
            return None
        return 5 * precision * recall / (4 * precision + recall)

    def leaking(self, which: str = "direct") -> Share:
        """Documents that leak, of all with a direct identifier or of the "plain" ones (see `_is_plain`)."""
        return Share(self.documents[f"{which} leaking"], self.documents[which])

    def touched(self) -> Share:
        """Documents without anything personal in which something was masked."""
        return Share(self.documents["clean touched"], self.documents["clean"])

    def destroyed_share(self, *kinds: str) -> Share:
        """Of what must survive, of a kind or all together."""
        return self._share(self.destroyed, self.kept, kinds or tuple(self.kept))

    @staticmethod
    def _share(part: Counter[str], whole: Counter[str], names: Iterable[str]) -> Share:
        names = tuple(names)
        return Share(sum(part[name] for name in names), sum(whole[name] for name in names))


def score(corpus: Corpus, masked: Mapping[str, Sequence[Masked]]) -> Score:
    """Score what was masked, by the ids of the documents. Raises KeyError for a document without an answer."""
    total = Score()
    for document in corpus.documents:
        _score(document, masked[document.id], corpus.annotated, total)
    return total


def round_trip(trips: RoundTrips, answers: Mapping[str, Mapping[str, Any]]) -> tuple[Share, list[dict[str, Any]]]:
    """Which answers came back as they must, and those that did not."""
    wrong = [
        {"id": case["id"], "category": case["category"], "got": answers[case["id"]]}
        for case in trips.cases
        if not _is_restored(case["expect"], answers[case["id"]])
    ]
    return Share(len(trips.cases) - len(wrong), len(trips.cases)), wrong


def _is_restored(expected: Mapping[str, Any], answer: Mapping[str, Any]) -> bool:
    if "json" in expected:
        try:
            right = json.loads(answer["text"]) == expected["json"]
        except ValueError:
            right = False
    else:
        right = answer["text"] in {expected["text"], *expected.get("or", ())}
    told = "unrestorable" not in expected or bool(answer["unrestorable"]) == bool(expected["unrestorable"])
    return right and told


def _types(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(name for name in names if " " not in name)


def _score(document: Document, masked: Sequence[Masked], annotated: frozenset[str] | None, total: Score) -> None:
    must = [mark for mark in document.marks if _counts(mark, annotated)]
    may = [mark for mark in document.marks if mark.optional or mark.type in IGNORED]
    missed = _score_marks(document, must, masked, total)
    wrong = _score_masked(document, must, may, [m for m in masked if annotated is None or m.type in annotated], total)
    for kept in document.kept:
        total.kept[kept.kind] += 1
        if _overlap(kept, masked):
            total.destroyed[kept.kind] += 1
            _note(total, document, "destroyed", kept.kind, kept)
    if not must:
        total.documents.update(["clean", *(["clean touched"] if wrong else [])])
    if any(mark.type not in INDIRECT for mark in must):
        leaks = any(mark.type not in INDIRECT for mark in missed)
        for which in ("direct", *(["plain"] if _is_plain(document, must) else [])):
            total.documents.update([which, *([f"{which} leaking"] if leaks else [])])


def _counts(mark: Mark, annotated: frozenset[str] | None) -> bool:
    return not mark.optional and mark.type not in IGNORED and (annotated is None or mark.type in annotated)


def _is_plain(document: Document, must: Sequence[Mark]) -> bool:
    """Tell whether the record names all people of a document, and everything is written normally."""
    disguised = document.kind in DISGUISED or any(mark.tags & DISGUISED for mark in must)
    return not disguised and all(mark.known for mark in must if mark.type == "PERSON")


def _score_marks(document: Document, must: Sequence[Mark], masked: Sequence[Masked], total: Score) -> list[Mark]:
    missed = []
    for mark in must:
        names = [mark.type]
        if mark.known is not None:
            names.append(f"{mark.type} {'known' if mark.known else 'unknown'}")
        total.marks.update(names)
        if _overlap(mark, masked) >= _FOUND_SHARE * (mark.end - mark.start):
            total.found.update(names)
        else:
            missed.append(mark)
            _note(total, document, "missed", mark.type, mark)
    return missed


def _score_masked(
    document: Document, must: Sequence[Mark], may: Sequence[Mark], masked: Sequence[Masked], total: Score
) -> bool:
    wrong = False
    for stretch in masked:
        length = stretch.end - stretch.start
        right = _overlap(stretch, must) >= _RIGHT_SHARE * length
        if not right and (_overlap(stretch, [*must, *may]) >= _RIGHT_SHARE * length or stretch.type in IGNORED):
            continue
        total.masked[stretch.type] += 1
        total.right[stretch.type] += right
        if not right:
            wrong = True
            _note(total, document, "in vain", stretch.type, stretch)
    return wrong


def _overlap(one: Any, others: Iterable[Any]) -> int:
    """How many characters of `one` lie in any of `others`, which may overlap."""
    covered: set[int] = set()
    for other in others:
        covered.update(range(max(one.start, other.start), min(one.end, other.end)))
    return len(covered)


def _note(total: Score, document: Document, what: str, kind: str, place: Any) -> None:
    start, end = max(0, place.start - _CONTEXT_CHARS), place.end + _CONTEXT_CHARS
    tags = sorted(getattr(place, "tags", ()))
    text = document.text[place.start : place.end]
    total.failures.append(
        {"id": document.id, what: kind, "text": text, "tags": tags, "context": document.text[start:end]}
    )
