"""What was found where, and how finds that overlap become spans that do not."""

from __future__ import annotations

import re
from bisect import bisect_left
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from processors.pii.folding import is_edge

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

TYPES = (
    *("PERSON", "EMAIL", "PHONE", "ADDRESS", "CREDIT_CARD", "IBAN", "US_SSN", "NATIONAL_ID", "IP_ADDRESS", "URL"),
    *("DATE_OF_BIRTH", "USERNAME", "ACCOUNT", "SECRET", "LOCATION", "ORGANIZATION"),
)
"""Every type of the scrubber."""

# What sources call the scrubber's types.
_TYPE_ALIASES = {
    "NAME": "PERSON", "FIRST_NAME": "PERSON", "LAST_NAME": "PERSON", "CONTACT": "PERSON",
    "MAIL": "EMAIL", "E-MAIL": "EMAIL", "EMAIL_ADDRESS": "EMAIL",
    "TEL": "PHONE", "TELEPHONE": "PHONE", "MOBILE": "PHONE", "FAX": "PHONE", "PHONE_NUMBER": "PHONE",
    "CARD": "CREDIT_CARD", "SSN": "US_SSN", "BIRTHDAY": "DATE_OF_BIRTH", "USER": "USERNAME", "LOGIN": "USERNAME",
}  # fmt: skip

OFF_BY_DEFAULT = frozenset({"LOCATION", "ORGANIZATION"})
"""Competitors and places must survive in a CRM text unless somebody asks otherwise."""


def type_of(name: str) -> str:
    """The scrubber's type for what a source calls an identifier, in any case.

    A word that it does not know is taken for an account: the value is masked wherever it stands. To pass over it would
    let out what the record itself says is personal.
    """
    upper = name.strip().upper()
    return upper if upper in TYPES else _TYPE_ALIASES.get(upper, "ACCOUNT")


class Span(NamedTuple):
    """One masked stretch: `start` and `end` are code points of the input, `text` is what stood there."""

    start: int
    end: int
    type: str
    text: str
    placeholder: str

    def __repr__(self) -> str:
        """Without the text."""
        return f"Span(start={self.start}, end={self.end}, type={self.type!r}, placeholder={self.placeholder!r})"


class Finding(NamedTuple):
    """One find, in code points of the source, before overlaps are resolved.

    `strength` decides between finds of the same length. `key` says which value it is where the text alone does not:
    two forms of one phone number have one key.
    """

    start: int
    end: int
    type: str
    strength: int
    key: str | None = None

    def __repr__(self) -> str:
        """Without the key, which is the value."""
        return f"<Finding {self.type} {self.start}-{self.end}, strength {self.strength}>"


# What the record itself says beats what a checksum says, which beats what a shape says.
KNOWN, CHECKED, SHAPED = 3, 2, 1

_FEWEST_LEFT_OVER = 2
_PLACE = itemgetter(0, 1)
# A word glued on by a joint ("mailto:", "tel:") is still the same word; digits may be more of a number than they were.
_GLUE, _JOINTS = frozenset("@_#"), frozenset(":.-+/,'")
# A character that a format has written out is beside the span too, whatever its first sign is.
_ENCODED_BEFORE, _ENCODED_AFTER = re.compile(r".;|=\n|\r\n"), re.compile(r"&[#A-Za-z]|%[0-9A-F]|=[0-9A-F\r\n]|\\[\\u]")
# What stands apart for sure. Before a span, a semicolon or a line break may end such a character.
_APART = frozenset(("", *' \t<>()[]"'))
_APART_AFTER = _APART | {"\n", ";"}
_DECIMAL, _OF_ADDRESS = frozenset("0123456789"), frozenset("0123456789abcdefABCDEF:")


def resolve(findings: Iterable[Finding], text: str) -> list[Finding]:
    """Choose spans that do not overlap, in order of their start.

    The longest find wins, then the strongest. A loser that sticks out keeps what sticks out, or a name that runs into
    an e-mail address would lose one half of its mask to it. Linear in finds but for pile-ups at one place.
    """
    chosen: list[Finding] = []
    for cluster in _clusters(findings):
        chosen.extend(cluster if len(cluster) == 1 else _settled(cluster, text))
    return chosen


def _clusters(findings: Iterable[Finding]) -> Iterator[list[Finding]]:
    cluster: list[Finding] = []
    reach = 0
    for finding in sorted(findings, key=_PLACE):
        if cluster and finding.start >= reach:
            yield cluster
            cluster = []
        cluster.append(finding)
        reach = max(reach, finding.end)
    if cluster:
        yield cluster


def _settled(cluster: list[Finding], text: str) -> list[Finding]:
    starts: list[int] = []
    chosen: list[Finding] = []
    for finding in sorted(cluster, key=lambda f: (f.start - f.end, -f.strength, f.start, f.type, f.key or "")):
        for start, end in _free(finding, chosen, bisect_left(starts, finding.start)):
            whole = (start, end) == (finding.start, finding.end)
            part = finding if whole else _trimmed(finding, start, end, text)
            if part is not None:
                at = bisect_left(starts, part.start)
                starts.insert(at, part.start)
                chosen.insert(at, part)
    return chosen


def _free(finding: Finding, taken: Sequence[tuple[int, int] | Finding], at: int) -> list[tuple[int, int]]:
    """Give the stretches of `finding` that nothing in `taken` covers; `at` is the first that begins no earlier."""
    free: list[tuple[int, int]] = []
    position = max(finding.start, taken[at - 1][1]) if at else finding.start
    while at < len(taken) and taken[at][0] < finding.end:
        if position < taken[at][0]:
            free.append((position, taken[at][0]))
        position = max(position, taken[at][1])
        at += 1
    if position < finding.end:
        free.append((position, finding.end))
    return free


def outside(finding: Finding, stretches: Sequence[tuple[int, int]], text: str) -> list[Finding]:
    """Give what of `finding` lies outside `stretches`, which are in order and do not overlap."""
    free = _free(finding, stretches, bisect_left(stretches, (finding.start,)))
    if free == [(finding.start, finding.end)]:
        return [finding]
    return [part for start, end in free if (part := _trimmed(finding, start, end, text)) is not None]


def _trimmed(finding: Finding, start: int, end: int, text: str) -> Finding | None:
    while start < end and not text[start].isalnum():
        start += 1
    while start < end and not text[end - 1].isalnum():
        end -= 1
    return Finding(start, end, finding.type, finding.strength) if end - start >= _FEWEST_LEFT_OVER else None


def touches_text(text: str, start: int, end: int) -> bool:
    """Tell whether a span is glued to its neighbours, so that masking it changes what they look like."""
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    if before[-1:] in _APART and after[:1] in _APART_AFTER:  # nearly always; the rest costs four times as much
        return False
    beside_encoded = _ENCODED_BEFORE.match(before) is not None or _ENCODED_AFTER.match(after) is not None
    return beside_encoded or _is_glue(before[::-1]) or _is_glue(after)


def _is_glue(beside: str) -> bool:
    if not is_edge(beside, 0) or beside[:1] in _GLUE:
        return True
    numerals = _OF_ADDRESS if beside[:1] == ":" else _DECIMAL
    return beside[:1] in _JOINTS and beside[1:2] in numerals


def opaque(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Give `text` with brackets of the same length for each span: what a second look sees of a masked text."""
    parts: list[str] = []
    done = 0
    for start, end in spans:
        parts += (text[done:start], "<" + "\x01" * (end - start - 2) + ">" if end - start > 1 else "<")
        done = end
    parts.append(text[done:])
    return "".join(parts)


def mask(text: str, spans: Iterable[Span]) -> str:
    """Give `text` with each span replaced by its placeholder. The spans are in order and do not overlap."""
    parts: list[str] = []
    done = 0
    for span in spans:
        parts += (text[done : span.start], span.placeholder)
        done = span.end
    parts.append(text[done:])
    return "".join(parts)
