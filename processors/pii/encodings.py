r"""Characters that a format has written out: `&#64;` of HTML, `%40` of links, `=40` of mail, `\u0040` of JSON.

Such an address is read by whoever opens the text, and by no pattern. Only what cannot be read otherwise is decoded: a
query such as `id=4012` has no mail encoding in it. Angle brackets stay as they are written: placeholders stand in them.
"""

from __future__ import annotations

import re
from html.entities import html5
from typing import NamedTuple

_SIGNS = ("&", "%", "=", "\\")
# The sign comes first and is looked back at: a search for one of a few characters is eight times as fast as one for
# alternatives that begin in different ways.
_ENCODED = re.compile(
    r"[&%=\\](?:"
    r"(?<=&)(?:amp;)?(?:#(?P<decimal>[0-9]{2,7})|#[xX](?P<hexadecimal>[0-9a-fA-F]{2,6})|(?P<entity>[A-Za-z]{2,24}));"
    r"|(?<=%)(?:25)?(?P<percent>40|2[Bb])"
    r"|(?<=%)(?P<percent_bytes>[89A-Fa-f][0-9A-Fa-f](?:%[89A-Fa-f][0-9A-Fa-f]){1,3})"
    r"|(?<==)(?P<mail_bytes>[89A-F][0-9A-F](?:=[89A-F][0-9A-F]){1,3})"
    r"|(?<=[\w.+\-]=)(?P<mail_sign>40(?=[\w\-]{1,63}(?:[.]|=2E))|2E(?=[A-Za-z]{2}))"
    r"|(?<=\w=)(?P<soft_break>[ \t]{0,4}\r?\n)(?=[\w@.])"
    r"|(?<=\\)\\?u(?P<escape>[0-9a-fA-F]{4})"
    r")"
)
_NEVER_DECODED = frozenset("<>")
_FIRST_PRINTABLE, _SURROGATES, _MOST = 0x20, range(0xD800, 0xE000), 0x10FFFF


class Decoded(NamedTuple):
    """A text with its characters decoded, and where they stood."""

    text: str
    places: list[int]
    """Of each character of `text`, where it begins in the source."""
    widths: dict[int, int]
    """Place -> length in the source, for those that are longer than one character."""

    def __repr__(self) -> str:
        """Without the text."""
        return f"<Decoded, {len(self.widths)} encoded>"


def decoded(source: str) -> Decoded | None:
    """Decode what formats have written out; None where there is nothing of the kind, as in nearly every text."""
    if not any(sign in source for sign in _SIGNS):
        return None
    parts: list[str] = []
    places: list[int] = []
    widths: dict[int, int] = {}
    done = 0
    for match in _ENCODED.finditer(source):
        char = _character(match)
        if char is None:
            continue
        start, end = match.span()
        parts += (source[done:start], char)
        places += range(done, start)
        if char:
            places.append(start)
            widths[start] = end - start
        done = end
    if not done:
        return None
    parts.append(source[done:])
    places += range(done, len(source))
    return Decoded("".join(parts), places, widths)


def plain(source: str) -> str:
    """Give `source` decoded."""
    found = decoded(source)
    return source if found is None else found.text


def _character(match: re.Match[str]) -> str | None:
    """Give the character that a match stands for, "" for none at all, None where it is left as it is written."""
    kind, value = match.lastgroup or "", match[match.lastgroup or 0]
    if kind == "soft_break":
        return ""
    if kind in {"percent_bytes", "mail_bytes"}:
        return _from_bytes(bytes.fromhex(value.replace("%", "").replace("=", "")), only_latin=kind == "percent_bytes")
    if kind == "entity":
        char = html5.get(f"{value};", "")
        return char if len(char) == 1 and char not in _NEVER_DECODED else None
    code = int(value) if kind == "decimal" else int(value, 16)
    printable = _FIRST_PRINTABLE <= code <= _MOST and code not in _SURROGATES
    return chr(code) if printable and chr(code) not in _NEVER_DECODED else None


def _from_bytes(value: bytes, *, only_latin: bool) -> str | None:
    """Decode the bytes of one UTF-8 character. In a link, a letter of another script would be its end."""
    try:
        char = value.decode()
    except UnicodeDecodeError:
        return None
    return char if len(char) == 1 and (not only_latin or char < "\u0250") else None
