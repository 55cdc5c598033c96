"""The texts of an event that a model would read, in one fixed order, through scrubbing and fitting and back."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING

from processors.kinds.telling import worth_telling
from processors.pii.policy import STAND_IN, is_bare_name
from processors.tokens import Part, Rank
from schemas.text import clean_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from schemas.events import CrmEvent, Message

# Our own headings begin with three of them, so no text may hold three in a row: a customer could write a heading that
# puts words into somebody else's mouth, or end the data early.
_HEADING_MARK = re.compile("={3,}")

# A heading is one short line. It is cut after it was masked: half a number or a name is not recognised. What is masked
# of one is bounded too; the names of 100,000 columns are no place for a megabyte.
_MAX_LABEL_CODE_POINTS = 120
_MAX_RECORD_TYPE_CODE_POINTS = 60
_MAX_MASKED_LABEL_CODE_POINTS = 1_000

# What is given up, after masking, at the end of a text that was cut before it. The cut may have gone through an address
# or a number, which is not recognised by its half; no recogniser looks further than this.
_UNSURE_CODE_POINTS = 2_048
_MAX_PLACEHOLDER_CODE_POINTS = 64
_LAST_STAND_IN = re.compile(f".*{STAND_IN}", re.DOTALL)


class SectionType(Enum):
    """Where a text comes from."""

    TITLE = "title"
    TEXT = "text"
    FIELD = "field"
    MESSAGE = "message"


# The heading of a text without a label, and its rank.
_PARTS = {
    SectionType.TITLE: ("title", Rank.OWN),
    SectionType.TEXT: ("text", Rank.OWN),
    SectionType.FIELD: ("field", Rank.FIELD),
    SectionType.MESSAGE: ("message", Rank.HISTORY),
}
_LABELLED = frozenset({SectionType.FIELD, SectionType.MESSAGE})


@dataclass(frozen=True, slots=True)
class Section:
    """One text and its label: a field's name, or who speaks (`Ann Lee (customer)`); never blank, never with `===`.

    `cut` says that the text goes on in the event.
    """

    type: SectionType
    label: str = field(repr=False)
    text: str = field(repr=False)
    cut: bool = False

    @property
    def part(self) -> Part:
        """For the budget, and as it stands in the prompt: under a line that says what it is, ended by a line end.

        No token reaches over such a border, so the tokens of a prompt are those of its parts. Messages are history.
        """
        name, rank = _PARTS[self.type]
        return Part(self.text, rank, heading=f"=== {self.label or name}\n", ending="\n")


@dataclass(frozen=True, slots=True)
class EventTexts:
    """All that a model reads of one event: title, text, fields by name, messages oldest first, and the record's type.

    False if there is no text.
    """

    sections: tuple[Section, ...]
    record_type: str = field(default="", repr=False)

    def __bool__(self) -> bool:
        """Whether there is anything to read."""
        return bool(self.sections)

    @property
    def message_count(self) -> int:
        """How many of the sections are messages."""
        return sum(section.type is SectionType.MESSAGE for section in self.sections)

    def flat(self) -> tuple[str, ...]:
        """Everything that a person may have written, for the scrubber: each text, before it its label if it has one.

        That is who speaks, or a field's name: a form that is mapped badly has addresses for names. The record's type
        stands at the end, unless it is one word, as types are: a source may write anything there.
        """
        texts: list[str] = []
        for section in self.sections:
            if section.type in _LABELLED:
                texts.append(section.label)
            texts.append(section.text)
        return (*texts, "" if is_bare_name(self.record_type) else self.record_type)

    def masked(self, flat: Sequence[str]) -> EventTexts:
        """The same sections with the texts of `flat`, which stand as in `flat()`. Raises ValueError on another number.

        This is how masked texts come back. A scrubber that left a text out would shift all others: an error, not a
        prompt in which names and texts are mixed up. Now that they are masked, labels are cut to their length, and
        texts that were cut lose what could not be judged.
        """
        if len(flat) != len(self.sections) + sum(section.type in _LABELLED for section in self.sections) + 1:
            raise ValueError("another number of texts than the event has")
        rest = iter(flat)
        sections = []
        for section in self.sections:
            label = _short(next(rest), _MAX_LABEL_CODE_POINTS) if section.type in _LABELLED else section.label
            text = next(rest)
            text = _sure(text) if section.cut else text
            if text:
                sections.append(replace(section, label=label, text=text))
        return EventTexts(tuple(sections), _short(next(rest) or self.record_type, _MAX_RECORD_TYPE_CODE_POINTS))

    def parts(self) -> tuple[Part, ...]:
        """For the budget, in the order of the sections."""
        return tuple(section.part for section in self.sections)

    def fitted(self, parts: Sequence[Part | None]) -> EventTexts:
        """What is left after the budget: without the parts that were dropped."""
        sections = [
            section if len(part.text) == len(section.text) else replace(section, text=part.text, cut=True)
            for section, part in zip(self.sections, parts, strict=True)
            if part and part.text
        ]
        return EventTexts(tuple(sections), self.record_type)


def texts_of(event: CrmEvent) -> EventTexts:
    """Every text of `event` that would be sent: clean, not blank, without our heading marks.

    Of the fields only those that tell something (see `worth_telling`), in the order of their names, so that two events
    with equal content are equal texts. A field in `unchanged_fields` is no content: its value is not known.
    """
    return EventTexts(tuple(_sections(event)), _label(event.entity))


def has_text(event: CrmEvent) -> bool:
    """Whether `texts_of(event)` would hold any text; stops at the first."""
    return next(_sections(event), None) is not None


def _sections(event: CrmEvent) -> Iterator[Section]:
    if title := _text(event.title):
        yield Section(SectionType.TITLE, "", title)
    if text := _text(event.text):
        yield Section(SectionType.TEXT, "", text)
    unchanged = frozenset(event.unchanged_fields)
    for name, value in sorted(event.fields.items()):
        if name not in unchanged and worth_telling(name, value) and (text := _text(value)):
            yield Section(SectionType.FIELD, _label(name), text)
    for message in event.messages:
        if text := _text(message.text):
            yield Section(SectionType.MESSAGE, _speaker(message), text)


def _text(text: str | None) -> str:
    if not text:
        return ""
    clean = clean_text(text)
    # The pattern holds the interpreter for 36 ms where a text of 5 MB has no mark, and the event loop with it.
    return (_HEADING_MARK.sub("==", clean) if "===" in clean else clean).strip()


def _label(text: str) -> str:
    """One line: a heading that had two would be two headings."""
    if not text:
        return ""
    line = " ".join(_text(text[:_MAX_MASKED_LABEL_CODE_POINTS]).split())
    # Cut between words, as `_short` does.
    return line if len(text) <= _MAX_MASKED_LABEL_CODE_POINTS else line.rpartition(" ")[0]


def _short(line: str, most: int) -> str:
    """The line, or as many of its words as are within `most` code points: a cut word may be another word."""
    return line if len(line) <= most else line[: most + 1].rpartition(" ")[0]


def _sure(text: str) -> str:
    """The text without its end, up to a placeholder: what stands before one was recognised as a whole."""
    end = max(0, len(text) - _UNSURE_CODE_POINTS)
    # From a little before, lest the end of a placeholder be cut off.
    placeholder = _LAST_STAND_IN.match(text, max(0, end - _MAX_PLACEHOLDER_CODE_POINTS))
    return text[: placeholder.end() if placeholder else end].strip()


def _speaker(message: Message) -> str:
    author, role = _label(message.author or ""), _label(message.role or "")
    return f"{author} ({role})" if author and role else author or role
