"""One text of an event while it is searched: its folded copy and what is known beside it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from processors.pii.spans import Finding

if TYPE_CHECKING:
    from collections.abc import Callable

    from processors.pii.folding import Folded
    from processors.pii.patterns.phones import KnownPhones

    PhoneKeys = dict[tuple[Callable[..., str | None], str], str | None]


_MOST_PHONES_ASKED = 1_000


class Doubt(NamedTuple):
    """A find that only counts if the same value is found for sure elsewhere in the event."""

    value: str
    finding: Finding

    def __repr__(self) -> str:
        """Without the value."""
        return f"<Doubt {self.finding!r}>"


@dataclass(slots=True, repr=False)
class Page:
    """What a recogniser sees. Offsets that it gives are those of the folded text.

    Has no `repr` of its own, as nothing has here that holds a text or a value: it would end in a traceback or a log.
    """

    folded: Folded
    known_phones: KnownPhones
    regions: tuple[str, ...]
    findings: list[Finding] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)
    phone_keys: PhoneKeys = field(default_factory=dict)
    """What was already asked of the phone library, shared by the texts of one event and forgotten with it."""

    def phone_key(self, ask: Callable[[str, tuple[str, ...]], str | None], text: str) -> str | None:
        """Ask `ask` whether `text` is a phone, once for each text."""
        asked = (ask, text)
        if asked not in self.phone_keys:
            # An unknown region costs 30 µs a number, twenty regions 0.6 ms. A text that is nothing but numbers with
            # the form of a phone must not stop the stream: past the bound the form alone decides, to the safe side.
            regions = self.regions if len(self.phone_keys) < _MOST_PHONES_ASKED else ()
            self.phone_keys[asked] = ask(text, regions)
        return self.phone_keys[asked]

    def found(self, start: int, end: int, kind: str, strength: int, key: str | None = None) -> None:
        """Note a find, given in folded offsets."""
        self.findings.append(Finding(*self.folded.whole_span(start, end), kind, strength, key))

    def doubted(self, start: int, end: int, kind: str, strength: int, value: str) -> None:
        """Note a find that counts only if `value` is found for sure elsewhere in the event."""
        self.doubts.append(Doubt(value, Finding(*self.folded.whole_span(start, end), kind, strength, None)))

    def take_over(self, other: Page, offset: int) -> None:
        """Note what was found on a page that shows a part of this one's text, from `offset` of the source on."""
        self.findings += [find._replace(start=find.start + offset, end=find.end + offset) for find in other.findings]
        for value, find in other.doubts:
            moved = find._replace(start=find.start + offset, end=find.end + offset)
            self.doubts.append(Doubt(value, moved))
