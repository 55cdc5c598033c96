r"""Placeholders in text: which stretches are one, in the forms that models give them, and putting values back.

A model that was given `<PERSON_1>` answers with `<person_1>`, `PERSON_1`, `<PERSON 1>`, `&lt;PERSON-1&gt;`,
`[PERSON\_1]`. Those are accepted. What might as well be a word of the text is not: restoring never guesses.
"""

from __future__ import annotations

import json as jsonlib
import re
import string
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import re2

from processors.pii.folding import Folded, fold
from processors.pii.patterns.engine import latin1_options
from processors.pii.spans import TYPES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_CANONICAL = re.compile(r"<([A-Z][A-Z0-9_]*)_([0-9]+)>")

# What stands around a placeholder. Only pairs: text before a placeholder of our own may end in a backslash or in
# "&lt;".
_BRACKETS = (
    ("<", ">"),
    ("<", "/>"),
    ("&lt;", "&gt;"),
    ("&#60;", "&#62;"),
    ("&#x3c;", "&#x3e;"),
    ("\\u003c", "\\u003e"),
    ("%3c", "%3e"),
    ("\\<", "\\>"),
    ("[", "]"),
)
_MOST_PADDING = 3
_MOST_BRACKET = 6
_WORD = frozenset(string.ascii_letters + string.digits + "_")
_STRING_EDGE = re.compile(r'\\.|"', re.DOTALL)
_MOST_LITERAL_DIGITS = 4
_SHORTEST_MARKED_STRING = len('"url_1"')


@dataclass(frozen=True, slots=True)
class Restored:
    """A text with its values put back, and the placeholders, as written, that were unknown or ambiguous."""

    text: str = field(repr=False)
    unrestorable: tuple[str, ...] = field(repr=False)


class Mark(NamedTuple):
    """A stretch that names a placeholder, in folded offsets."""

    start: int
    end: int
    type: str
    number: str
    """Digits as written; empty where the mark has none."""
    sure: bool
    """Whether it is read as a placeholder; otherwise it only looks like one, and its number is not handed out."""
    telling: bool
    """Whether it is so plainly meant as a placeholder that not knowing it must be reported."""

    def __repr__(self) -> str:
        """Without the number: that of `PHONE_4155550123` is a phone."""
        return f"<Mark {self.type} {self.start}-{self.end}>"

    @property
    def name(self) -> str:
        """The canonical form."""
        return f"<{self.type}_{self.number}>" if self.number else f"<{self.type}>"


@lru_cache(maxsize=64)
def _pattern(types: frozenset[str]) -> Any:
    """Match type, separator and number (groups 1 to 3), or a type in angle brackets that has lost its number (group 4).

    On folded bytes, in linear time; 6 KB of prose that talks of e-mails and phones cost 20 µs, not the 1.3 ms of `re`.
    """
    # Longest type first: ADDRESS is the end of IP_ADDRESS.
    ordered = sorted(types, key=lambda name: (-len(name), name))
    names = "|".join(re.escape(name).replace("_", r"(?:\\{0,2}_|-| )") for name in ordered)
    opened, closed = ("|".join(re.escape(pair[side]) for pair in _BRACKETS[:-1]) for side in (0, 1))
    options = latin1_options()
    options.case_sensitive = False
    numbered = rf"({names})( {{0,3}}(?:\\{{0,2}}_|-) {{0,3}}| {{0,3}})([0-9]{{1,9}})"
    unnumbered = rf"(?:{opened}) {{0,3}}({names}) {{0,3}}(?:{closed})"
    return re2.compile(f"{numbered}|{unnumbered}".encode(), options)


def marks(folded: Folded, types: frozenset[str]) -> list[Mark]:
    """Find everything in a folded text that names a placeholder of one of `types`, in any form."""
    found = (_mark(folded.text, match) for match in _pattern(types).finditer(folded.raw))
    return [mark for mark in found if mark is not None]


def _mark(text: str, match: Any) -> Mark | None:
    start, end = match.span()
    if match.span(4)[0] >= 0:
        written = text[slice(*match.span(4))]
        return Mark(start, end, _type_of(written), "", sure=True, telling=True) if written.isupper() else None
    written, separator, number = (text[slice(*match.span(group))] for group in (1, 2, 3))
    if text[end : end + 1].isdigit():
        return None  # more digits than any placeholder has
    upper = written.isupper()
    around = _bracketed(text, start, end)
    if around is not None:
        angled = text[around[1] - 1] != "]"
        sure = angled or separator != "" or upper
        return Mark(*around, _type_of(written), number, sure=sure, telling=sure and (angled or upper))
    whole = text[max(0, start - 1) : start] not in _WORD and text[end : end + 1] not in _WORD
    scored = "_" in separator
    sure = whole and (scored or (upper and separator != ""))
    return Mark(start, end, _type_of(written), number, sure=sure, telling=sure and scored and upper)


def _type_of(written: str) -> str:
    return written.replace("\\", "").replace("-", "_").replace(" ", "_").upper()


def _bracketed(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Give the stretch with its brackets if it stands in a pair of them, spaces inside allowed."""
    left = text[max(0, start - _MOST_PADDING - _MOST_BRACKET) : start]
    opened = left.rstrip(" ").lower()
    inside = len(left) - len(opened)
    after = end
    while after < len(text) and text[after] == " " and after - end < _MOST_PADDING:
        after += 1
    closed = text[after : after + _MOST_BRACKET].lower()
    for opener, closer in _BRACKETS:
        if opened.endswith(opener) and closed.startswith(closer):
            stop = after + len(closer)
            # [PERSON_1](mailto:...): the brackets are Markdown's.
            if closer == "]" and text[stop : stop + 1] == "(":
                return None
            return start - inside - len(opener), stop
    return None


def is_opaque(mark: Mark) -> bool:
    """Tell whether nothing inside a mark of the input is personal: it is plainly a placeholder of somebody's.

    Long numbers are left out: `PHONE_4155550123` is a key with a phone in it.
    """
    return mark.telling and len(mark.number) <= _MOST_LITERAL_DIGITS


class Restorer:
    """Puts values back for one map of placeholders. `literals` are names that stood in the input: they are text."""

    def __init__(self, placeholders: Mapping[str, str], literals: frozenset[str] = frozenset()) -> None:
        """Take the map `{"<PERSON_1>": "Ann"}`. A key of another form is matched by itself only."""
        self._values = dict(placeholders)
        self._literals = literals
        self._by_type: dict[str, list[str]] = {}
        for name in self._values:
            if (canonical := _CANONICAL.fullmatch(name)) is not None:
                self._by_type.setdefault(canonical[1], []).append(name)
        self._types = frozenset(TYPES) | frozenset(self._by_type)

    def restore(self, text: str, *, escape: Callable[[str], str] | None = None) -> Restored:
        """Put every value back once; a value that looks like a placeholder is not looked at again."""
        folded = fold(text)
        parts: list[str] = []
        unrestorable: list[str] = []
        done = 0
        for mark in marks(folded, self._types):
            if not mark.sure or mark.name in self._literals:
                continue
            start, end = folded.span(mark.start, mark.end)
            value = self._value(mark)
            if value is not None:
                parts += (text[done:start], value if escape is None else escape(value))
                done = end
            elif self._must_report(mark):
                unrestorable.append(text[start:end])
        parts.append(text[done:])
        return Restored("".join(parts), tuple(dict.fromkeys(unrestorable)))

    def _value(self, mark: Mark) -> str | None:
        if mark.number:
            return self._values.get(mark.name)
        candidates = self._by_type.get(mark.type, ())
        return self._values[candidates[0]] if len(candidates) == 1 else None

    def _must_report(self, mark: Mark) -> bool:
        # "<EMAIL>" without any e-mail in the map is a tag of the answer's own.
        return mark.telling and (mark.number != "" or mark.type in self._by_type)

    def restore_json(self, value: Any) -> tuple[Any, tuple[str, ...]]:
        """Walk a value made of dicts, lists and scalars; every string in it, keys too, is restored."""
        unrestorable: dict[str, None] = {}

        def walk(node: Any) -> Any:
            if isinstance(node, str):
                restored = self.restore(node)
                unrestorable.update(dict.fromkeys(restored.unrestorable))
                return restored.text
            if isinstance(node, dict):
                return {walk(key): walk(item) for key, item in node.items()}
            if isinstance(node, list | tuple):
                return type(node)(walk(item) for item in node)
            return node

        return walk(value), tuple(unrestorable)

    def restore_json_text(self, text: str) -> Restored:
        """Restore inside the JSON strings of `text`, escaping what is put in; all else stays byte for byte.

        The text need not be valid JSON: models wrap it in prose and cut it off.
        """
        parts: list[str] = []
        unrestorable: dict[str, None] = {}
        done, opened = 0, -1
        for edge in _STRING_EDGE.finditer(text):
            if edge.group() != '"':
                continue
            if opened < 0:
                opened = edge.start()
                parts.append(self._loose(text[done:opened], unrestorable))
            else:
                parts.append(self._string(text[opened : edge.end()], unrestorable))
                done, opened = edge.end(), -1
        rest = text[opened if opened >= 0 else done :]
        parts.append(self._loose(rest, unrestorable))
        return Restored("".join(parts), tuple(unrestorable))

    def _loose(self, text: str, unrestorable: dict[str, None]) -> str:
        restored = self.restore(text, escape=lambda value: _json_string(value)[1:-1])
        unrestorable.update(dict.fromkeys(restored.unrestorable))
        return restored.text

    def _string(self, literal: str, unrestorable: dict[str, None]) -> str:
        if len(literal) < _SHORTEST_MARKED_STRING:
            return literal
        try:
            value = jsonlib.loads(literal, strict=False)
        except ValueError:  # a wrong escape: then it is text like the rest
            return self._loose(literal, unrestorable)
        restored = self.restore(value)
        unrestorable.update(dict.fromkeys(restored.unrestorable))
        return literal if restored.text == value else _json_string(restored.text)


def _json_string(value: str) -> str:
    # A lone surrogate cannot be written in UTF-8; escaped, it can.
    return jsonlib.dumps(value, ensure_ascii=any("\ud800" <= char <= "\udfff" for char in value))


def restore(text: str, placeholders: Mapping[str, str], *, json: bool = False) -> Restored:
    """Put the values of `placeholders` (`{"<PERSON_1>": "Ann"}`) back into `text`.

    With `json`, values are escaped as JSON strings need it. Placeholders that are unknown, or have lost their number
    where several could be meant, stay as they are and are listed.
    """
    restorer = Restorer(placeholders)
    return restorer.restore_json_text(text) if json else restorer.restore(text)
