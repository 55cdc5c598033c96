"""A slower reader that is asked about what the fast one is unsure of: a model, or a company's own service.

None is there by default. Whoever has one gives it to the `Scrubber`; it is asked once for each event that leaves
something open, and sees nothing of the others. With spaCy, for one:

    class SpacyPeople:
        def __init__(self) -> None:
            self._model = spacy.load("en_core_web_md")

        def decide(self, questions):
            for question, document in zip(questions, self._model.pipe(q.text for q in questions)):
                people = [entity for entity in document.ents if entity.label_ == "PERSON"]
                yield [any(p.start_char < end and start < p.end_char for p in people) for start, end in question.spans]

    Scrubber(second_opinion=SpacyPeople())
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from processors.pii.folding import Folded
    from processors.pii.people.suspects import Suspect

UNSURE = 1.5
"""Scores up to here, on both sides of zero, leave it open: the odds are then below five to one."""


@dataclass(frozen=True, slots=True)
class Question:
    """A text of the event as it came, personal data and all, and the stretches of it that may be people."""

    text: str = field(repr=False)
    spans: tuple[tuple[int, int], ...]
    """Start and end, in code points of `text`."""


class SecondOpinion(Protocol):
    """Decides about stretches of text that may be people."""

    def decide(self, questions: Sequence[Question]) -> Iterable[Sequence[bool | None]]:
        """Give for each question, in order, one answer for each of its spans: a person, none, or None for no opinion.

        Runs where the scrubber runs, and holds up the event for as long as it takes. It sees originals: it must not
        send them where they may not go. What it raises ends the event's scrubbing; one that cannot answer gives None.
        """


def settled(
    texts: Sequence[Folded],
    found: Sequence[Sequence[Suspect]],
    doubtful: Sequence[Sequence[Suspect]],
    opinion: SecondOpinion,
) -> list[list[Suspect]]:
    """Give what is found once `opinion` was asked about each find, and each near find, whose score leaves it open.

    `doubtful` are the finds and near finds by a lower bar. A text without any is not asked about.
    """
    asked = [
        [s for s in own if s.score < UNSURE] + [s for s in near if not any(_overlap(s, other) for other in own)]
        for own, near in zip(found, doubtful, strict=True)
    ]
    open_ones = [number for number, suspects in enumerate(asked) if suspects]
    result = [list(own) for own in found]
    if not open_ones:
        return result
    questions = [
        Question(texts[number].source, tuple(texts[number].whole_span(s.start, s.end) for s in asked[number]))
        for number in open_ones
    ]
    for number, answers in zip(open_ones, opinion.decide(questions), strict=True):
        decided = dict(zip(asked[number], answers, strict=True))
        kept = [suspect for suspect in found[number] if decided.get(suspect) is not False]
        added = [suspect for suspect, answer in decided.items() if answer and suspect not in found[number]]
        result[number] = kept + added
    return result


def _overlap(one: Suspect, other: Suspect) -> bool:
    return one.start < other.end and other.start < one.end
