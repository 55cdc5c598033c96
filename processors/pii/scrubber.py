"""Masking all texts of one event with one vault."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import accumulate
from types import MappingProxyType
from typing import TYPE_CHECKING

from processors.pii.allowed import spared
from processors.pii.folding import fold, parted
from processors.pii.known.identifiers import KnownIdentifiers
from processors.pii.page import Page
from processors.pii.patterns.candidates import scan
from processors.pii.patterns.evident import find_evident
from processors.pii.patterns.labelled.finder import find_labelled
from processors.pii.patterns.phones import national_part
from processors.pii.people.recogniser import find_people
from processors.pii.policy import DEFAULT, HASHED, Action
from processors.pii.restoration import is_opaque, marks
from processors.pii.spans import TYPES, Finding, Span, mask, opaque, resolve, touches_text, type_of
from processors.pii.values import value_key
from processors.pii.vault import PlaceholderVault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from processors.pii.allowed import Stretch
    from processors.pii.page import PhoneKeys
    from processors.pii.people.second_opinion import SecondOpinion
    from processors.pii.policy import ScrubPolicy
    from processors.pii.restoration import Mark

_ALL_TYPES = frozenset(TYPES)

# Types whose values are looked for wherever they stand. Not names: "Will" of "Will Jones" is a word elsewhere.
_LITERAL_TYPES = frozenset({"EMAIL", "PHONE", "CREDIT_CARD", "IBAN", "US_SSN", "IP_ADDRESS", "SECRET", "NATIONAL_ID"})

# Each is looked for in each text: the bound keeps a text of nothing but addresses linear.
_MOST_VALUES = 256
_MOST_LOOKS = 3
# How far from a find is looked again: the label of a value stands nearer.
_VIEW_CHARS = 256
_BEHIND_ALL = 1 << 62
_HASHED = re.compile(HASHED)
NOTHING_KNOWN: Mapping[str, Sequence[str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Scrubbed:
    """The masked texts, in the order of the input; the spans of each, in code points of the input; and their vault."""

    texts: tuple[str, ...] = field(repr=False)  # masked, but still a customer's
    spans: tuple[tuple[Span, ...], ...] = field(repr=False)
    vault: PlaceholderVault

    @property
    def redactions(self) -> Counter[str]:
        """How many spans of each type were masked."""
        return Counter(span.type for spans in self.spans for span in spans)


class Scrubber:
    """Finds personal data and replaces it by placeholders. Has no state between events; safe to share."""

    def __init__(self, policy: ScrubPolicy = DEFAULT, second_opinion: SecondOpinion | None = None) -> None:
        """Mask what `policy` names. `second_opinion` is asked about people whom the scores leave open."""
        self._policy = policy
        self._types = policy.types
        self._second_opinion = second_opinion

    def scrub(self, texts: Sequence[str], known: Mapping[str, Sequence[str]] = NOTHING_KNOWN) -> Scrubbed:
        """Mask all `texts` of one event; equal values get equal placeholders across them.

        `known` are the identifiers of the record by type, in whatever word a source has for it (see `type_of`). Never
        raises for any text; linear in its length.
        """
        wanted: dict[str, tuple[str, ...]] = {}
        for kind, values in known.items():
            if (name := type_of(kind)) in self._types:
                wanted[name] = (*wanted.get(name, ()), *values)
        identifiers = KnownIdentifiers(wanted, self._policy.regions)
        pages: list[Page] = []
        for text in texts:
            pages.append(self._searched(text, identifiers, pages[0].phone_keys if pages else {}))
        if "PERSON" in self._types:
            find_people(pages, self._second_opinion)
        _settle_doubts(pages)
        marked = [marks(page.folded, _ALL_TYPES) for page in pages]
        allowed = [self._policy.allowed.stretches(page.folded, page.findings) for page in pages]
        chosen = [self._chosen(*looked_at, identifiers) for looked_at in zip(pages, marked, allowed, strict=True)]
        return self._masked(texts, marked, _wherever_they_stand(texts, chosen, allowed))

    def _chosen(
        self, page: Page, own_marks: Sequence[Mark], allowed: Sequence[Stretch], identifiers: KnownIdentifiers
    ) -> list[Finding]:
        """Choose what is masked on a page, and look again where masking changes what stands beside.

        In `2001:db8::1ann@x.example` the address ends the number that it is glued to. Looking again at what is left
        is what keeps a second pass over the masked text from finding anything; few texts need it.
        """
        source = page.folded.source
        plain = [page.folded.span(mark.start, mark.end) for mark in own_marks if is_opaque(mark)]
        if self._policy.hashes:
            plain = sorted([*plain, *(match.span() for match in _HASHED.finditer(source))])
        finds = self._wanted(page, plain, allowed)
        for _ in range(_MOST_LOOKS):
            chosen = resolve(finds, source)
            glued = [find for find in chosen if touches_text(source, find.start, find.end)]
            if not glued:
                break
            again = replace(page, findings=[], doubts=[])
            left = opaque(source, ((find.start, find.end) for find in chosen))
            for start, end in _views(left, glued):
                again.take_over(self._searched(left[start:end], identifiers, page.phone_keys), start)
            more = self._wanted(again, plain, allowed)
            if not more:
                break
            finds = [*chosen, *more]
        return chosen

    def _searched(self, text: str, identifiers: KnownIdentifiers, asked: PhoneKeys) -> Page:
        page = Page(fold(text), identifiers.phones, self._policy.regions, phone_keys=asked)
        scan(page)
        find_evident(page)
        find_labelled(page)
        identifiers.find(page)
        for offset, line in parted(text) if page.folded.kept is not None else ():
            page.take_over(self._searched(line, identifiers, asked), offset)
        return page

    def _wanted(self, page: Page, plain: Sequence[Stretch], allowed: Sequence[Stretch]) -> list[Finding]:
        wanted = [find for find in page.findings if find.type in self._types and not _inside(find, plain)]
        if not allowed:
            return wanted
        return [part for find in wanted for part in spared(find, allowed, page.folded.source)]

    def _masked(
        self, texts: Sequence[str], marked: Sequence[Sequence[Mark]], chosen: Sequence[Sequence[Finding]]
    ) -> Scrubbed:
        own_marks = [mark for own in marked for mark in own]
        vault = PlaceholderVault(
            # A number that the input carries in any form, however doubtful, is not handed out.
            taken={(mark.type, int(mark.number)) for mark in own_marks if mark.number},
            # Masking what stands beside a doubtful one can make it a plain one.
            literals={mark.name for mark in own_marks if mark.sure or mark.number},
        )
        aliases = _phone_aliases(chosen)
        spans = tuple(
            tuple(self._span(vault, text, finding, aliases) for finding in finds)
            for text, finds in zip(texts, chosen, strict=True)
        )
        return Scrubbed(tuple(mask(text, own) for text, own in zip(texts, spans, strict=True)), spans, vault)

    def _span(self, vault: PlaceholderVault, source: str, finding: Finding, aliases: Mapping[str, str]) -> Span:
        text, kind = source[finding.start : finding.end], finding.type
        key = aliases.get(finding.key, finding.key) if finding.key else None
        action = self._policy.actions[kind]
        if action is Action.MASK:
            stand_in = vault.placeholder(kind, text, key)
        elif action is Action.HASH:
            stand_in = self._policy.hashed(kind, value_key(kind, text) if key is None else key)
        else:
            stand_in = f"<{kind}>"
        return Span(finding.start, finding.end, kind, text, stand_in)


def _views(text: str, finds: Sequence[Finding]) -> Iterator[tuple[int, int]]:
    """Give the stretches around `finds`, which are in order: whole lines where they are short, else whole words."""
    start, end = 0, 0
    for find in finds:
        first, last = max(0, find.start - _VIEW_CHARS), find.end + _VIEW_CHARS
        if first:
            first = _behind(text, first, find.start)
        if last < len(text):
            last = _before(text, find.end, last)
        if first > end:
            if end:
                yield start, end
            start = first
        end = last
    yield start, end


def _behind(text: str, start: int, end: int) -> int:
    return text.find("\n", start, end) + 1 or text.find(" ", start, end) + 1 or start


def _before(text: str, start: int, end: int) -> int:
    places = (text.rfind(sign, start, end) for sign in "\n ")
    return next((at for at in places if at >= 0), end)


def _wherever_they_stand(
    texts: Sequence[str], chosen: Sequence[Sequence[Finding]], allowed: Sequence[Sequence[Stretch]]
) -> Sequence[Sequence[Finding]]:
    """Mask a value that was found once in every place of the event where it stands as a whole.

    Its neighbours can hide it from its recogniser (`www.GB29NWBK60161331926819` looks like a host): a value that is
    masked once must not stand elsewhere in the clear.
    """
    values: dict[str, Finding] = {}
    for text, finds in zip(texts, chosen, strict=True):
        for find in finds:
            value = text[find.start : find.end]
            # A password may be a word: where it was not announced, it is only that.
            if find.type in _LITERAL_TYPES and not value.isalpha() and len(values) < _MOST_VALUES:
                values.setdefault(value, find)
    if not values:
        return chosen
    more: dict[int, list[Finding]] = {}
    for number, find in _standing(texts, chosen, values):
        if not _inside(find, allowed[number]):
            more.setdefault(number, []).append(find)
    return [
        resolve([*finds, *more[number]], texts[number]) if number in more else finds
        for number, finds in enumerate(chosen)
    ]


def _standing(
    texts: Sequence[str], chosen: Sequence[Sequence[Finding]], values: Mapping[str, Finding]
) -> Iterator[tuple[int, Finding]]:
    """Give the places where one of `values` stands as a whole and nothing is masked yet: number of the text, find.

    All texts are searched as one: 256 values in each of 10,000 short messages would be 2.5 M searches, half a second.
    What is masked is hidden before, or each value would first be found where it was found already.
    """
    left = [opaque(text, ((f.start, f.end) for f in finds)) for text, finds in zip(texts, chosen, strict=True)]
    joined = "\n".join(left)
    starts = list(accumulate((len(text) + 1 for text in texts[:-1]), initial=0))
    for value, find in values.items():
        place = joined.find(value)
        while place >= 0:
            number = bisect_right(starts, place) - 1
            text, start = left[number], place - starts[number]
            end = start + len(value)
            whole = not (start and text[start - 1].isalnum()) and not (end < len(text) and text[end].isalnum())
            if whole and end <= len(text):
                yield number, find._replace(start=start, end=end)
            place = joined.find(value, place + (len(value) if end <= len(text) else 1))


def _inside(finding: Finding, stretches: Sequence[Stretch]) -> bool:
    """Tell whether a find lies inside one of `stretches`, which are in order and do not overlap."""
    at = bisect_right(stretches, (finding.start, _BEHIND_ALL)) - 1
    return at >= 0 and finding.end <= stretches[at][1]


def _settle_doubts(pages: Sequence[Page]) -> None:
    """Accept what was doubtful by its own form if the same value was found for sure in any text of the event.

    "Call 7904098484 ... I said 7904098484": a value that is masked once must not stand elsewhere in the clear.
    """
    if not any(page.doubts for page in pages):
        return
    sure: dict[tuple[str, str], str | None] = {}
    for page in pages:
        for finding in page.findings:
            if finding.type == "PHONE" and finding.key:
                sure[finding.type, national_part(finding.key)] = finding.key
            elif finding.type == "IP_ADDRESS":
                sure[finding.type, page.folded.source[finding.start : finding.end]] = None
    for page in pages:
        for doubt in page.doubts:
            found = (doubt.finding.type, doubt.value)
            if found in sure:
                page.findings.append(doubt.finding._replace(key=sure[found]))


def _phone_aliases(chosen: Sequence[Sequence[Finding]]) -> dict[str, str]:
    """Join the national form of a phone to its international form, where the event holds exactly one such."""
    keys = {finding.key for finds in chosen for finding in finds if finding.type == "PHONE" and finding.key}
    international: dict[str, list[str]] = {}
    for key in keys:
        if key.startswith("+"):
            international.setdefault(national_part(key), []).append(key)
    return {
        key: international[national_part(key)][0]
        for key in keys
        if key.startswith("~") and len(international.get(national_part(key), ())) == 1
    }
