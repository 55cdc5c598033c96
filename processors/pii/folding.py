"""A copy of the text in which disguises are gone, and the way back from its offsets to those of the source.

Zero-width characters inside an identifier, full-width digits, no-break spaces, typographic dashes and look-alike
letters of other scripts each hide an e-mail address or a name from a pattern. Detection therefore runs on the folded
copy; what is masked is the span of the source, whole.

A folded text has exactly one character for each code point of the source that was kept, and one for each that a format
has written out in several. That is what makes offsets cheap: they are the same numbers wherever nothing was dropped.
"""

# ruff: noqa: RUF001 - look-alike characters are the point

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from processors.pii.encodings import decoded, plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_SURROGATES = range(0xD800, 0xE000)

# Invisible on the screen, so people and mail programs put them inside identifiers: soft hyphen, grapheme joiner, bidi
# marks and isolates, zero-width space and joiners, word joiner, variation selectors, byte order mark, tag characters.
_INVISIBLE = frozenset(
    map(
        chr,
        [
            *(0xAD, 0x34F, 0x61C, 0x180E, 0xFEFF),
            *range(0x200B, 0x2010),
            *range(0x202A, 0x202F),
            *range(0x2060, 0x2070),
            *range(0xFE00, 0xFE10),
            *range(0xE0000, 0xE0080),
            *range(0xE0100, 0xE01F0),
        ],
    )
)
# Decomposed accents: dropped too, so that both spellings of an accented letter fold to the same base letter.
_ACCENTS = frozenset(map(chr, range(0x300, 0x370)))
_DROPPED = _INVISIBLE | _ACCENTS

# Letters that Unicode does not decompose. The long forms (ss, ae) are made where names are compared: one for one here.
_LETTERS = dict(zip("ßẞøØđĐłŁæÆœŒþÞðÐıħĦŋŊς", "sSoOdDlLaAoOtTdDihHnNσ", strict=True))
# Cyrillic and Greek letters that look like Latin ones. Both cases fold alike, or "Виктор" would not match "ВИКТОР".
_LOOKALIKES = dict(
    zip("АВЕКМНОРСТУХІЈЅԀԚԜавекмнорстухіјѕԁԛԝһӏ", "ABEKMHOPCTYXIJSDQWabekmhopctyxijsdqwhl", strict=True)
) | dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧαβεζηικμνορτυχ", "ABEZHIKMNOPTYXabezhikmnoptyx", strict=True))
_QUOTES = dict.fromkeys("‘’‛ʼ′", "'") | dict.fromkeys("“”„‟″", '"')
_BREAKS = dict.fromkeys("\x85\u2028\u2029", "\n")
_BY_CATEGORY = {"Zs": " ", "Pd": "-"}
_MINUS = "\u2212"  # no dash to Unicode, but to people
_ONE_FOR_ONE = _LETTERS | _LOOKALIKES | _QUOTES | _BREAKS


class _FoldTable(dict[int, str | None]):
    """Code point -> folded character, or None to drop it; worked out on first sight."""

    # Every code point of Unicode at once would be 100 MB; a text that tries that only makes the table start anew.
    _MOST = 100_000

    def __missing__(self, code: int) -> str | None:
        if len(self) > self._MOST:
            self.clear()
        self[code] = folded = _folded(code)
        return folded


def _folded(code: int) -> str | None:
    char = chr(code)
    if char in _DROPPED:
        return None
    if code in _SURROGATES or char in _ONE_FOR_ONE:
        return _ONE_FOR_ONE.get(char, "\ufffd")
    category = unicodedata.category(char)
    if category == "Nd":
        return str(unicodedata.decimal(char))
    if category in _BY_CATEGORY or char == _MINUS:
        return _BY_CATEGORY.get(category, "-")
    base = "".join(c for c in unicodedata.normalize("NFKD", char) if c not in _ACCENTS)
    return _ONE_FOR_ONE.get(base, base) if len(base) == 1 else char


class _ByteTable(dict[int, int]):
    """Folded code point -> one Latin-1 byte: a letter of another script becomes ÿ, anything else ¤."""

    _MOST = 100_000

    def __missing__(self, code: int) -> int:
        if len(self) > self._MOST:
            self.clear()
        self[code] = byte = 0xFF if unicodedata.category(chr(code))[0] in "LM" else 0xA4
        return byte


_FOLD = _FoldTable()
_BYTES = _ByteTable()
_NON_ASCII = re.compile(r"[^\x00-\x7f]+")
_NON_LATIN1 = re.compile(r"[^\x00-\xff]+")


@dataclass(frozen=True, slots=True, repr=False)
class Folded:
    """A text and its folded copies. Offsets of `text`, `lower` and `raw` are the same numbers."""

    source: str
    text: str
    lower: str
    raw: bytes
    """One byte per character: byte offsets of the pattern engine are then character offsets."""
    kept: Sequence[int] | None
    """Where each folded character stood in the source; None where nothing was dropped."""
    widths: Mapping[int, int] = field(default_factory=dict)
    """Place in the source -> length, of characters that are written out there (`&#64;`)."""

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Give the source offsets of the folded span, what was dropped inside it included. `start < end`."""
        if self.kept is None:
            return start, end
        last = self.kept[end - 1]
        return self.kept[start], last + self.widths.get(last, 1)

    def whole_span(self, start: int, end: int) -> tuple[int, int]:
        """As `span`, with the accents that stand on the last letter: they belong to what is masked."""
        first, last = self.span(start, end)
        while self.kept is not None and last < len(self.source) and self.source[last] in _ACCENTS:
            last += 1
        return first, last


def fold(source: str) -> Folded:
    """Fold `source`. Linear, and next to free for ASCII; any string is accepted, lone surrogates too."""
    written_out = decoded(source)
    if written_out is None:
        return _fold(source, source)
    folded = _fold(source, written_out.text)
    places = written_out.places
    kept = places if folded.kept is None else [places[at] for at in folded.kept]
    return replace(folded, kept=kept, widths=written_out.widths)


def _fold(source: str, text: str) -> Folded:
    if text.isascii():
        return Folded(source, text, text.lower(), text.encode("ascii"), None)
    folded = _NON_ASCII.sub(lambda run: run.group().translate(_FOLD), text)
    kept = None if len(folded) == len(text) else _kept(text)
    raw = _NON_LATIN1.sub(lambda run: run.group().translate(_BYTES), folded).encode("latin-1")
    return Folded(source, folded, folded.lower().replace("ς", "σ"), raw, kept)


# Ranges, for a class of four hundred single characters is compared with each of them: 2.6 ms for 6 KB.
_INVISIBLE_RUN = re.compile(
    "[\u00ad\u034f\u061c\u180e\ufeff\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f"
    "\U000e0000-\U000e007f\U000e0100-\U000e01ef]+"
)
_OPENERS = frozenset("+(<@")


def parted(text: str) -> Iterator[tuple[int, str]]:
    """Give the lines in which an invisible character stands between letters or digits, with spaces in its place.

    Each with the offset at which it begins; offsets inside stay. Such a character may hide inside one identifier, which
    folding undoes, or be all that parts two.
    """
    done = 0
    for run in _INVISIBLE_RUN.finditer(text):
        start, end = run.span()
        before, after = text[max(0, start - 1) : start], text[end : end + 1]
        if start >= done and before.isalnum() and (after.isalnum() or after in _OPENERS):
            first = text.rfind("\n", done, start) + 1 or done
            done = text.find("\n", end) + 1 or len(text)
            yield first, _INVISIBLE_RUN.sub(lambda run: " " * len(run.group()), text[first:done])


def _kept(text: str) -> list[int]:
    kept: list[int] = []
    done = 0
    for run in _NON_ASCII.finditer(text):
        kept.extend(range(done, run.start()))
        kept.extend(i for i, char in enumerate(run.group(), run.start()) if char not in _DROPPED)
        done = run.end()
    kept.extend(range(done, len(text)))
    return kept


_UNSPACED_SCRIPTS = r"\u0e00-\u0e7f\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_UNSPACED = re.compile(rf"[{_UNSPACED_SCRIPTS}]")

WORD = re.compile(rf"[^\W_{_UNSPACED_SCRIPTS}]+")
"""A run of letters and digits of scripts that put spaces between words: it begins and ends at an edge (`is_edge`)."""

WORD_START = re.compile(rf"[{_UNSPACED_SCRIPTS}]|(?<![^\W_{_UNSPACED_SCRIPTS}])[^\s_]")
"""Where a word or a value can begin: each character of a script without spaces, and what stands behind an edge."""


def is_unspaced(text: str) -> bool:
    """Tell whether `text` begins with a script that puts no spaces between words (Han, Kana, Hangul, Thai)."""
    return _UNSPACED.match(text) is not None


def is_edge(text: str, at: int) -> bool:
    """Tell whether a word can end before `at`: the text's edge, no letter or digit, or a script without spaces."""
    return not 0 <= at < len(text) or not text[at].isalnum() or is_unspaced(text[at])


def shown(text: str) -> str:
    """Give `text` without invisible characters, in one width, and with what a format has written out decoded."""
    text = plain(text)
    if text.isascii():
        return text
    return unicodedata.normalize("NFKC", "".join(char for char in text if char not in _INVISIBLE))


def visible(text: str) -> str:
    """As `shown`, and in one case: two spellings of one word are then equal ("Straße", "STRASSE")."""
    return unicodedata.normalize("NFKC", shown(text).casefold())
