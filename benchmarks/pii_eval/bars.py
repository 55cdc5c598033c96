"""The bars that the scrubber is held to: on which corpora, which figure, and how much of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.pii_eval.scoring import Share

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from benchmarks.pii_eval.scoring import Score

    Figure = float | Share | None


@dataclass(frozen=True, slots=True)
class Results:
    """What was measured, by the names of the corpora; milliseconds of CPU time for 6 KB, where they were."""

    scores: Mapping[str, Score] = field(default_factory=dict)
    round_trips: Mapping[str, Share] = field(default_factory=dict)
    cpu_ms: Mapping[str, float] = field(default_factory=dict)


class Bar(NamedTuple):
    """One bar. `corpus` is how the names of the corpora begin that it is for; `most` makes it an upper bound."""

    corpus: str
    words: str
    wanted: float
    figure: Callable[[Score], Figure]
    most: bool = False


class Reached(NamedTuple):
    """A bar, on a corpus, and the figure reached; None where the corpus has nothing of the kind."""

    corpus: str
    words: str
    wanted: float
    most: bool
    figure: Figure

    @property
    def value(self) -> float | None:
        """The figure as a number."""
        return self.figure.value if isinstance(self.figure, Share) else self.figure

    @property
    def met(self) -> bool | None:
        """Whether the bar is met; None where nothing was measured."""
        if self.value is None:
            return None
        return self.value <= self.wanted if self.most else self.value >= self.wanted


def _recall(corpus: str, wanted: float, *names: str) -> Bar:
    return Bar(corpus, f"{' and '.join(names)}: recall", wanted, lambda score: score.recall(*names))


def _precision(corpus: str, wanted: float, kind: str) -> Bar:
    return Bar(corpus, f"{kind}: precision", wanted, lambda score: score.precision(kind))


_WRITTEN_FOR_US = ("crm", "structured")
_TYPE_RECALLS = {
    **dict.fromkeys(("CREDIT_CARD", "IBAN", "US_SSN", "IP_ADDRESS"), 0.995),
    "EMAIL": 0.98,
    "PHONE": 0.97,
    **dict.fromkeys(("NATIONAL_ID", "SECRET", "DATE_OF_BIRTH"), 0.95),
    **dict.fromkeys(("ADDRESS", "ACCOUNT", "USERNAME"), 0.90),
}

BARS: tuple[Bar, ...] = (
    _recall("crm", 0.985, "PERSON known"),
    _recall("crm", 0.98, "EMAIL known"),
    _recall("crm", 0.98, "PHONE known"),
    _recall("crm", 0.85, "PERSON unknown"),
    _precision("crm", 0.88, "PERSON"),
    *(_recall(corpus, wanted, kind) for corpus in _WRITTEN_FOR_US for kind, wanted in _TYPE_RECALLS.items()),
    *(_precision(corpus, 0.95, "PHONE") for corpus in _WRITTEN_FOR_US),
    Bar("crm", "documents that leak", 0.15, lambda score: score.leaking(), most=True),
    Bar("crm", "documents that leak, all people known, plainly written", 0.02, lambda s: s.leaking("plain"), most=True),
    *(Bar(corpus, "clean documents touched", 0.02, lambda s: s.touched(), most=True) for corpus in _WRITTEN_FOR_US),
    *(Bar(corpus, "destroyed", 0.005, lambda s: s.destroyed_share(), most=True) for corpus in _WRITTEN_FOR_US),
    Bar("crm", "competitors destroyed", 0.0, lambda score: score.destroyed_share("competitor"), most=True),
    Bar("banking77", "clean documents touched", 0.002, lambda score: score.touched(), most=True),
    _recall("restaurant8k", 0.95, "PERSON"),
    _precision("restaurant8k", 0.96, "PERSON"),
    _recall("synth_v2", 0.80, "PERSON"),
    _precision("synth_v2", 0.93, "PERSON"),
    Bar("synth_v2", "F2 over all types", 0.85, lambda score: score.f2()),
    _recall("uner_en_ewt", 0.80, "PERSON"),
    _precision("uner_en_ewt", 0.85, "PERSON"),
    _recall("wnut17", 0.45, "PERSON"),
    _precision("wnut17", 0.60, "PERSON"),
    _recall("nlupp", 0.50, "PERSON"),
    _precision("nlupp", 0.80, "PERSON"),
)

CPU_MS_WANTED: Mapping[str, float] = {"uner_en_ewt": 1.0, "crm": 1.5}
"""CPU time for 6 KB, JSON in and out included: of ordinary text, and of text that is full of personal data."""


def reached(results: Results) -> Iterator[Reached]:
    """Every bar on every corpus that it is for."""
    for bar in BARS:
        for name, score in results.scores.items():
            if name.startswith(bar.corpus):
                yield Reached(name, bar.words, bar.wanted, bar.most, bar.figure(score))
    for name, share in results.round_trips.items():
        yield Reached(name, "answers restored as they must be", 1.0, most=False, figure=share)
    for corpus, wanted in CPU_MS_WANTED.items():
        for name, cpu_ms in results.cpu_ms.items():
            if name.startswith(corpus):
                yield Reached(name, "milliseconds of CPU for 6 KB", wanted, most=True, figure=cpu_ms)
