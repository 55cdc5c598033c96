"""The texts of an event that a model would read, in one fixed order, through scrubbing and fitting and back."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

from processors.kinds.telling import worth_telling
from processors.tokens import Part
from schemas.text import clean_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schemas.events import CrmEvent, Message

# Our own headings begin with three of them, so no text may hold three in a row: a customer could write a heading that
# puts words into somebody else's mouth, or end the data early.
_HEADING_MARK = re.compile("={3,}")

_MAX_LABEL_CODE_POINTS = 120

# What a cut may leave of a placeholder. `<PERSON_1` of `<PERSON_12>` would be read, and restored, as somebody else.
_BROKEN_PLACEHOLDER = re.compile(r"<[A-Z0-9_]*\Z")


class SectionType(Enum):
    """Where a text comes from."""

    TITLE = "title"
    TEXT = "text"
    FIELD = "field"
    MESSAGE = "message"


_LABELLED = frozenset({SectionType.FIELD, SectionType.MESSAGE})


@dataclass(frozen=True, slots=True)
class Section:
    """One text and its label: a field's name, or who speaks (`Ann Lee (customer)`); never blank, never with `===`."""

    type: SectionType
    label: str
    text: str

    @property
    def heading(self) -> str:
        """The line above the text in the prompt, with the line ends around it."""
        return f"\n=== {self.label or self.type.value}\n"


@dataclass(frozen=True, slots=True)
class EventTexts:
    """All sections of one event: title, text, fields by name, messages oldest first. False if there is no text."""

    sections: tuple[Section, ...]

    def __bool__(self) -> bool:
        """Whether there is anything to read."""
        return bool(self.sections)

    def flat(self) -> tuple[str, ...]:
        """Everything that a person may have written, for the scrubber: each text, before it its label if it has one.

        That is who speaks, or a field's name: a form that is mapped badly has addresses for names.
        """
        texts: list[str] = []
        for section in self.sections:
            if section.type in _LABELLED:
                texts.append(section.label)
            texts.append(section.text)
        return tuple(texts)

    def replaced(self, flat: Sequence[str]) -> EventTexts:
        """The same sections with the texts of `flat`, which stand as in `flat()`. Raises ValueError on another number.

        This is how masked texts come back. A scrubber that left a text out would shift all others: an error, not a
        prompt in which names and texts are mixed up.
        """
        rest = iter(flat)
        sections = []
        try:
            for section in self.sections:
                label = next(rest) if section.type in _LABELLED else section.label
                sections.append(Section(section.type, label, next(rest)))
        except StopIteration:
            raise ValueError("fewer texts than the event has") from None
        if next(rest, None) is not None:
            raise ValueError("more texts than the event has")
        return EventTexts(tuple(sections))

    def parts(self) -> tuple[Part, ...]:
        """For the budget, headings included: those of 10,000 short messages are tokens too. Messages are history."""
        return tuple(Part(s.heading + s.text, s.type is SectionType.MESSAGE) for s in self.sections)

    def fitted(self, parts: Sequence[Part | None]) -> EventTexts:
        """What is left after the budget: without the parts that were dropped, or cut so short that no text is left."""
        sections = []
        for section, part in zip(self.sections, parts, strict=True):
            text = part.text[len(section.heading) :] if part else ""
            if len(text) < len(section.text):
                text = _BROKEN_PLACEHOLDER.sub("", text)
            if text.strip():
                sections.append(replace(section, text=text))
        return EventTexts(tuple(sections))


def texts_of(event: CrmEvent) -> EventTexts:
    """Every text of `event` that would be sent: clean, not blank, without our heading marks.

    Of the fields only those that tell something (see `worth_telling`), in the order of their names, so that two events
    with equal content are equal texts. A field in `unchanged_fields` is no content: its value is not known.
    """
    sections = [Section(SectionType.TITLE, "", _text(event.title)), Section(SectionType.TEXT, "", _text(event.text))]
    sections.extend(
        Section(SectionType.FIELD, _label(name), _text(value))
        for name, value in sorted(event.fields.items())
        if name not in event.unchanged_fields and worth_telling(name, value)
    )
    sections.extend(Section(SectionType.MESSAGE, _speaker(m), _text(m.text)) for m in event.messages)
    return EventTexts(tuple(section for section in sections if section.text))


def _text(text: str | None) -> str:
    return _HEADING_MARK.sub("==", clean_text(text)).strip() if text else ""


def _label(text: str) -> str:
    """One short line: a heading that had two would be two headings.

    Cut between words: half an address or a number would pass the scrubber.
    """
    line = " ".join(_text(text[: 2 * _MAX_LABEL_CODE_POINTS]).split())
    if len(line) <= _MAX_LABEL_CODE_POINTS and len(text) <= 2 * _MAX_LABEL_CODE_POINTS:
        return line
    return line[:_MAX_LABEL_CODE_POINTS].rpartition(" ")[0]


def _speaker(message: Message) -> str:
    author, role = _label(message.author or ""), _label(message.role or "")
    return f"{author} ({role})" if author and role else author or role
