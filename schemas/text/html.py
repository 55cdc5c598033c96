"""HTML as mail and help desks write it, read as the plain text that a person would see.

Python's own `html.parser` takes time that grows with the square of the text on 15 of 21 hostile inputs (3.11.7: 67 s
for 80,000 repeats of `<a a='`), and an event has to be read within milliseconds. What is here passes over it once.
"""

from __future__ import annotations

import html
import re
from typing import Final

_NAME: Final = re.compile(r"/?([a-zA-Z](?:[\w:-]{0,62}\w)?)(?=[\s/>])", re.ASCII)
"""A tag's name behind its `<`. "<ann@example.com>" and "<https://..>" are no tags, and stay."""
_VALUE_OR_END: Final = re.compile(r"=\s*(?P<quote>[\"'])|>")
_SPACES: Final = re.compile(r"\s+")
_SPACES_OF_A_LINE: Final = re.compile(r"[^\S\n]+")
_NUMBER: Final = re.compile(r"&#(?:[0-9]{8,}|[xX][0-9a-fA-F]{8,});?")
"""No character has such a number, and Python refuses to read one of more than 4300 digits."""
_EMPTY_LINES: Final = re.compile(r"\n{3,}")

_UNSEEN: Final = frozenset({"script", "style", "title"})
# Line breaks around a block; between two blocks the greater holds, not the sum.
_BREAKS: Final = {
    **dict.fromkeys(("div", "tr", "li", "dt", "dd", "hr", "section", "article", "header", "footer", "address"), 1),
    **dict.fromkeys(("p", "blockquote", "pre", "ul", "ol", "dl", "table", "h1", "h2", "h3", "h4", "h5", "h6"), 2),
}
_SIGNS: Final = {"li": "- ", "td": " ", "th": " "}
_LOOKS: Final = re.compile(
    r"</?(?:p|br|div|span|a|b|i|u|em|strong|ul|ol|li|table|tbody|tr|td|th|h[1-6]|blockquote|pre|code|html|body|img"
    r"|font|hr|style)(?:\s+[a-z][\w:-]*\s*=[^<>]*|\s*/)?>"
    r"|&(?:amp|lt|gt|quot|apos|nbsp|#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6});",
    re.IGNORECASE,
)


def plain_text(markup: str) -> str:
    """Return what HTML says: entities as characters, blocks on lines of their own, scripts, styles and tags left out.

    Never raises, and takes time linear in the text. A tag that does not end is text: rather a stray bracket than a
    customer's words lost.
    """
    reading = _Reading(markup)
    reading.read()
    lines = (_SPACES_OF_A_LINE.sub(" ", line).strip() for line in "".join(reading.pieces).split("\n"))
    return _EMPTY_LINES.sub("\n\n", "\n".join(lines)).strip()


def without_markup(text: str) -> str:
    """Return `plain_text` of what looks like HTML, anything else as it is: for fields that may hold either."""
    return plain_text(text) if _LOOKS.search(text) else text


class _Reading:
    """One pass over a text."""

    def __init__(self, markup: str) -> None:
        self.pieces: list[str] = []
        self._markup = markup
        self._absent: set[str] = set()
        self._breaks = 0
        self._in_pre = 0

    def read(self) -> None:
        at = 0
        while (opening := self._markup.find("<", at)) >= 0:
            end, name = self._tag(opening)
            if end < 0:
                # No tag: the bracket is a character like any other.
                self._say(at, opening + 1)
                at = opening + 1
                continue
            self._say(at, opening)
            self._mark(name, closes=self._markup.startswith("</", opening))
            at = self._after_unseen(end, name) if name in _UNSEEN else end
        self._say(at, len(self._markup))

    def _tag(self, opening: int) -> tuple[int, str]:
        """Return where the tag, comment or declaration at `opening` ends, and its name; -1 where there is none."""
        if self._markup.startswith("<!--", opening):
            end = self._find("-->", opening + 4)
            if end >= 0:
                return end + 3, ""
        if self._markup.startswith(("<!", "<?"), opening):
            return self._find(">", opening) + 1 or -1, ""
        name = _NAME.match(self._markup, opening + 1)
        if name is None:
            return -1, ""
        end = self._end_of_tag(name.end())
        return end, name[1].lower()

    def _end_of_tag(self, start: int) -> int:
        """Return what follows the `>` that is in no quoted value; where a quote does not end, the first `>` counts."""
        at = start
        if ">" in self._absent:
            return -1
        while (found := _VALUE_OR_END.search(self._markup, at)) is not None:
            if found["quote"] is None:
                return found.end()
            closing = self._find(found["quote"], found.end())
            if closing < 0:
                break
            at = closing + 1
        return self._find(">", start) + 1 or -1

    def _after_unseen(self, start: int, name: str) -> int:
        """Return where the content of a script or style ends; `start` where it does not."""
        closing = f"</{name}"
        if closing in self._absent:
            return start
        found = re.compile(closing, re.IGNORECASE | re.ASCII).search(self._markup, start)
        if found is None:
            self._absent.add(closing)
            return start
        return found.start()

    def _find(self, wanted: str, start: int) -> int:
        """As `str.find`, but what was not found once is not looked for again: it is not further on either."""
        if wanted in self._absent:
            return -1
        at = self._markup.find(wanted, start)
        if at < 0:
            self._absent.add(wanted)
        return at

    def _mark(self, name: str, *, closes: bool) -> None:
        if name == "br":
            self._breaks += 1
        self._breaks = max(self._breaks, _BREAKS.get(name, 0))
        if name == "pre":
            self._in_pre = max(0, self._in_pre + (-1 if closes else 1))
        if name in _SIGNS and not closes:
            self._add(_SIGNS[name])

    def _say(self, start: int, end: int) -> None:
        words = html.unescape(_NUMBER.sub("\ufffd", self._markup[start:end]))
        if not self._in_pre:
            words = _SPACES.sub(" ", words)
        if words and not (self._breaks and words.isspace()):
            self._add(words)

    def _add(self, words: str) -> None:
        self.pieces += ("\n" * min(self._breaks, 2), words)
        self._breaks = 0
