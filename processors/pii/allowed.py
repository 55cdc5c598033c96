"""Words that are never masked, whatever they look like: products, competitors, our own addresses."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import re2

from processors.pii.folding import fold, is_edge
from processors.pii.patterns.engine import latin1_options
from processors.pii.spans import KNOWN, outside

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from processors.pii.folding import Folded
    from processors.pii.spans import Finding

    Stretch = tuple[int, int]

# A guessed name reaches over a neighbour that is none ("Ask Salesforce"). An e-mail address at salesforce.com is whole.
_NAMES = frozenset({"PERSON", "LOCATION", "ORGANIZATION"})


def _pattern(phrases: Iterable[bytes]) -> Any:
    options = latin1_options()
    options.case_sensitive = False
    longest_first = sorted({rb"\s+".join(map(re.escape, phrase.split())) for phrase in phrases}, key=len, reverse=True)
    return re2.compile(b"|".join(longest_first), options)


class AllowList:
    """Phrases, found as whole words in any case and spacing; and e-mail domains, which begin with `@`.

    A domain stands for its subdomains too. False if it allows nothing.
    """

    def __init__(self, entries: Iterable[str] = ()) -> None:
        """Take the entries. Raises ValueError for one that has no letter or digit."""
        kept = [entry.strip() for entry in entries]
        if not all(any(letter.isalnum() for letter in entry) for entry in kept):
            raise ValueError("an entry of the allow-list needs a letter or a digit")
        self._domains = frozenset(fold(entry).lower.lstrip("@") for entry in kept if entry.startswith("@"))
        phrases = [fold(entry) for entry in kept if not entry.startswith("@")]
        self._phrases = frozenset(" ".join(phrase.lower.split()) for phrase in phrases)
        self._pattern = _pattern([phrase.raw for phrase in phrases])

    def __bool__(self) -> bool:
        """Whether anything is allowed."""
        return bool(self._domains or self._phrases)

    def stretches(self, folded: Folded, findings: Iterable[Finding]) -> list[Stretch]:
        """Where allowed words stand in the source, in order, without overlaps. `findings` say where addresses are."""
        found = list(self._phrases_in(folded))
        if self._domains:
            addresses = (find for find in findings if find.type == "EMAIL")
            found += [(a.start, a.end) for a in addresses if self._is_own(folded.source[a.start : a.end])]
        return _united(found)

    def _phrases_in(self, folded: Folded) -> Iterator[Stretch]:
        for match in self._pattern.finditer(folded.raw) if self._phrases else ():
            start, end = match.span()
            # One byte stands for every letter of another script, so the engine's match is looked at again.
            written = " ".join(folded.lower[start:end].split())
            if written in self._phrases and is_edge(folded.text, start - 1) and is_edge(folded.text, end):
                yield folded.whole_span(start, end)

    def _is_own(self, address: str) -> bool:
        domain = fold(address).lower.rpartition("@")[2]
        return any(domain == own or domain.endswith("." + own) for own in self._domains)


NOTHING_ALLOWED = AllowList()


def spared(finding: Finding, stretches: Sequence[Stretch], text: str) -> list[Finding]:
    """What of `finding` is still to be masked beside the allowed `stretches`: all, nothing, or parts of a guessed name.

    What the record itself calls a person is masked whole: "Ann Monday" stays one name, whatever Monday is to us.
    """
    left = outside(finding, stretches, text)
    if not left or (finding.type in _NAMES and finding.strength < KNOWN):
        return left
    return [finding]


def _united(stretches: Iterable[Stretch]) -> list[Stretch]:
    united: list[Stretch] = []
    for start, end in sorted(stretches):
        if united and start < united[-1][1]:
            united[-1] = (united[-1][0], max(end, united[-1][1]))
        else:
            united.append((start, end))
    return united
