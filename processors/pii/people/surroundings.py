"""What stands around a run of words, in one class for each side.

What is looked at is bounded, and a placeholder in it says that the text was masked before: then nothing is found here,
or a second pass over a masked text could find what the first did not.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

from processors.pii.people import cues
from processors.pii.spans import TYPES

LEFT_VIEW, RIGHT_VIEW = 48, 32
"""How far is looked to both sides, in characters."""

_STAND_IN = rf"<(?:{'|'.join(TYPES)})(?:_(?:[0-9]{{1,9}}|h[0-9a-f]{{8,64}}))?>"
_WRITTEN = re.compile(_STAND_IN)
_STAND_IN_OR_HIDDEN = re.compile(rf"{_STAND_IN}|\x01")
# None of them is a word of English.
_GERMAN = re.compile(
    r"(?<!\w)(?:der|das|und|ist|nicht|eine?[nmrs]?|dem|fur|auf|werden|wurden?|ich|wir|bitte|sich|auch|uns|nach|aus|uber|"
    r"haben?|kann|sind|wird|zur|zum|vom|beim|unser\w{0,2}|ihre?[nmrs]?)(?!\w)"
)
# Hardly a text of that language has none of them.
_GERMAN_WORDS = (" der ", " die ", " das ", " und ", " ist ", " ich ", " nicht ", " wir ", " auf ", " bitte ")
_SEPARATORS = " \t\r,.;:!?()[]{}<>\"'*-/|=+@#_~`%^$\\"
_NEXT_WORD = re.compile(r"[ ]{1,2}([^\W\d_]+|&|[\d$£€#])(:|-\d)?")
_OF_NUMBERS = frozenset("0123456789$£€#")
_LINE_OPENER = re.compile(r"[\s>*\-•|#\"'\[(]*(?:\[?\(?\d{1,2}:\d{2}(?::\d{2})?\)?\]?[\s\-]*)?")
# What a line begins with in a chat or a transcript, with or without a time.
_LABEL_OF_LINE = re.compile(
    r"^[\s>*\-|\[(]{0,4}(?:\d{1,2}:\d{2}(?::\d{2})?[\])]?[ \-]{1,3})?"
    r"([^\W\d_][^\n:,()\[]{0,30}+)(?: [(\[][\d:]{4,8}[)\]])?:",
    re.MULTILINE,
)
_MOST_WORDS = 3
_AS_LONG = " " * len("&nbsp;")
_LAST_WORD = re.compile(r"[^\W_]+\Z")
_AROUND_LABEL = "\"'([{*_-•<>|"
_OPENERS = "\"'([*_"
_ENDS = frozenset(".!?")
_LINE_ENDS = frozenset({"", "\n"})
_STOPS = {",": "comma", ";": "comma", ".": "stop", "!": "stop", "?": "stop", ":": "colon"}
# Behind somebody who is spoken to: "So, Ann, you will own it."
_TO_SOMEBODY = re.compile(
    r" (?:you|your|you're|can|could|would|will|please|we|i|i'm|do|did|are|have|let|thanks?|sorry|may|bitte|konnen|"
    r"kannst|pouvez|merci|puede|gracias|kun|puo|pode)(?![^\W_])"
)
_BEHIND_STOP = frozenset({"", " ", "\n", ")", '"'})
# What may stand between a cue and the name without parting them: "Hi, Ann", "Dr. Lee".
_NOTHING = frozenset({""})
_TRANSPARENT = {"greeting": frozenset({"", ","}), "honorific": frozenset({"", "."})}
_PUNCTUATION = {
    ",": "comma",
    "(": "paren",
    "[": "paren",
    '"': "quote",
    "'": "quote",
    "@": "at",
    "|": "bar",
    ";": "comma",
    "/": "slash",
    "+": "plus",
    "-": "dash",
    "*": "dash",
    "<": "angle",
    ">": "angle",
    "{": "paren",
    ")": "closed",
}


class Surroundings(NamedTuple):
    """The classes of both sides of a run, and how it lies in its line."""

    left: str
    right: str
    opens_line: bool
    closes_line: bool


class Neighbourhood:
    """What is asked of a folded text around each run; what the whole text lacks is not looked for again."""

    def __init__(self, text: str, lower: str) -> None:
        """Take the text, and the same in lower case."""
        self._text, self._lower = text, lower
        self._labels: Counter[str] | None = None
        self._may_be_masked = "\x01" in text or ("<" in text and _WRITTEN.search(text) is not None)
        self._may_be_german = any(word in lower for word in _GERMAN_WORDS)

    def is_speaker(self, label: str) -> bool:
        """Tell whether more than one line begins with `label` and a colon, as those of a dialogue do."""
        if self._labels is None:
            self._labels = Counter(match[1].rstrip() for match in _LABEL_OF_LINE.finditer(self._lower))
        return self._labels[label] > 1

    def is_masked(self, start: int, end: int) -> bool:
        """Tell whether a placeholder stands within what `surroundings` looks at."""
        if not self._may_be_masked:
            return False
        return _STAND_IN_OR_HIDDEN.search(self._text[max(0, start - LEFT_VIEW) : end + RIGHT_VIEW]) is not None

    def is_german(self, start: int, end: int) -> bool:
        """Tell whether a run stands in German prose, by the words that hold its sentences together."""
        if not self._may_be_german:
            return False
        return _GERMAN.search(self._lower[max(0, start - LEFT_VIEW) : end + RIGHT_VIEW]) is not None


def surroundings(lower: str, start: int, end: int) -> Surroundings:
    """Say what stands around `start` to `end` of a folded text in lower case."""
    before = lower[max(0, start - LEFT_VIEW) : start]
    if "&nbsp;" in before:
        before = before.replace("&nbsp;", _AS_LONG)
    line = before[before.rfind("\n") + 1 :]
    # What holds a letter opens no line; nor is the beginning of what is looked at one.
    opens = (
        not line.islower() and (len(line) < len(before) or start <= LEFT_VIEW) and bool(_LINE_OPENER.fullmatch(line))
    )
    right, closes = _right(lower[end : end + RIGHT_VIEW])
    left = _opening(before[: len(before) - len(line)]) if opens else _left(line)
    return Surroundings(left, right, opens, closes)


def _opening(above: str) -> str:
    """Give the class of a line's beginning: behind a sign-off stands whose letter it is."""
    lines = above.rstrip().rpartition("\n")
    last = lines[2].strip(" \t,.!->*\r")
    return "sign_off" if last and last in cues.SIGN_OFFS else "line"


def _left(line: str) -> str:
    bare = line.rstrip(_SEPARATORS)
    between = line[len(bare) :]
    words = bare.rsplit(None, _MOST_WORDS)[-_MOST_WORDS:]
    if not words:
        return "line"
    if ":" in between or "=" in between or ("?" in between and words[-1] == "name"):
        return _label(bare, words)
    said = _phrase(words)
    mark = between.strip(" ")
    if mark[:1] in _ENDS and not (mark == "." and said == "honorific"):
        return "sentence"
    if mark in _TRANSPARENT.get(said or "", _NOTHING):
        return said or ("digit" if words[-1][0].isdigit() or words[-1][-1].isdigit() else "word")
    return _PUNCTUATION.get(mark[-1], "other")


def _label(line: str, words: list[str]) -> str:
    for count in range(1, len(words) + 1):
        if " ".join(words[-count:]).strip(_AROUND_LABEL) in cues.LABELS:
            return "label"
    last = _LAST_WORD.search(line)
    if last is None:
        return "colon"
    return "label" if last[0] in cues.LABELS else "thing" if last[0] in cues.THING_LABELS else "colon"


def _phrase(words: list[str]) -> str | None:
    """Give the class of the longest phrase that the words end in."""
    if words[-1] in cues.LAST_WORDS:
        for count in range(len(words), 1, -1):
            found = cues.LEFT.get(" ".join(words[-count:]).lstrip(_OPENERS))
            if found is not None:
                return found
    return cues.LEFT.get(words[-1].lstrip(_OPENERS))


def _right(after: str) -> tuple[str, bool]:
    """Give the class of what follows, and whether the line ends there."""
    first, rest = after[:1], after[1:]
    closes = rest.lstrip(" ")[:1] in _LINE_ENDS
    if first in _LINE_ENDS:
        return "end", True
    if first in {" ", "&"}:
        return ("end", True) if closes else (_next_word(after), False)
    if first in _STOPS:
        glued = first not in ",;" and rest[:1] not in _BEHIND_STOP
        if first == "," and _TO_SOMEBODY.match(rest):
            return "spoken_to", False
        return "glue" if glued else _STOPS[first] + "_end" * (closes and first in ",;"), closes
    if first == "'" and rest[:1] == "s":
        return "possessive", False
    return _PUNCTUATION.get(first, "other"), False


def _next_word(after: str) -> str:
    word = _NEXT_WORD.match(after)
    if word is None:
        return _PUNCTUATION.get(after.lstrip(" ")[:1], "other")
    if word[2] == ":":
        return "label"  # "Bill to:"
    return "digit" if word[2] or word[1] in _OF_NUMBERS else cues.RIGHT.get(word[1], "word")
