"""E-mail addresses in words or in disguise: "ann dot lee at x dot com", "ann [at] x [dot] com", "ann(at)x.com".

A candidate is the "at" with what follows; the domain is read forwards from there, the local part backwards.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from processors.pii.spans import CHECKED, SHAPED
from processors.pii.spoken.numbers import VALUES
from processors.pii.spoken.vocabulary import AT_ALONE, AT_WORDS, DOT_WORDS, JOINT_WORDS, TOP_LEVELS, words_of

if TYPE_CHECKING:
    from processors.pii.page import Page


def alternatives(words: tuple[str, ...] | frozenset[str]) -> str:
    """Give the words as alternatives of a pattern, the longest first: one may begin as another does."""
    return "|".join(re.escape(word) for word in sorted(words, key=lambda word: (-len(word), word)))


_OPEN, _CLOSE = r"[\[({<_*|]", r"[\])}>_*|]"
_AT = re.compile(
    rf"[ \t]*+(?:(?P<fenced>{_OPEN}[ \t]?(?:{alternatives(AT_WORDS + AT_ALONE)}|@)[ \t]?{_CLOSE})|"
    rf"(?P<alone>\b(?:{alternatives(AT_ALONE)})\b|(?<= )@)|"
    rf"(?P<word>\b(?:{alternatives(AT_WORDS)})\b)|(?P<sign>@))[ \t]*+"
)
_LABEL = r"(?:(?:[a-z0-9][ \t]){1,24}+(?![^\W_]{2})|[a-z0-9][a-z0-9\-]{0,62}+)"
_JOINT_NAMES = {name: sign for name, sign in JOINT_WORDS.items() if sign in "-_"}
_DOT_NAME = alternatives(DOT_WORDS)
_DOT = rf"(?:[ \t]*+(?:{_OPEN}[ \t]?(?:{_DOT_NAME}|\.)[ \t]?{_CLOSE}|\b(?:{_DOT_NAME})\b)[ \t]*+|\.)"
_DASH = rf"[ \t]++(?:{alternatives(frozenset(_JOINT_NAMES))})[ \t]++"
_TOP = re.compile(r"(?:[a-z](?:[ \t][a-z]){1,3}(?![^\W_])|[a-z]{2,24}(?![^\W_]))")
_NAME = re.compile(rf"{_LABEL}(?:{_DASH}{_LABEL}){{0,3}}")
_DOT_HERE = re.compile(_DOT)
_MOST_LABELS = 5

_LOCAL_VIEW = 120
_MOST_LOCAL_TOKENS = 24
_MARK = re.compile(r"[._0-9]")
_SPOKEN_DIGITS = {word: str(value) for word, value in VALUES["en"].items() if value < 10}  # noqa: PLR2004 - digits
_JOINT_BACK = re.compile(
    rf"(?:[ \t]*{_OPEN}[ \t]?|[ \t]+)(?P<name>{alternatives(frozenset(JOINT_WORDS))})(?:[ \t]?{_CLOSE}[ \t]*|[ \t]+)\Z"
)
_WORD_BACK = re.compile(r"(?<![^\W_])(?:[a-z0-9][a-z0-9.+%_\-]{0,63})\Z")
_LETTERS_BACK = re.compile(r"(?<![^\W_])(?:[a-z0-9][ \t\-.]{1,2}){1,24}\Z")
# What announces an e-mail address, with up to three words of it behind: "my email is john smith at ...".
_ANNOUNCED = re.compile(
    r"(?:e-?mail\w*|mail|address\w*|adres\w*|correo\w*|courriel|courrier|posta\w*|write|reach|contact\w*|indirizzo|"
    r"mejl)[^\n<>]{0,30}?"
    r"(?:(?<![a-z])(?:is|at|to|on|me|us|ist|lautet|an|est|es|e|a|jest|to|to jest|its|it's|under|unter)[: ]|:)\s?"
    r"(?P<words>(?:[a-z0-9'_.\-]+[ \t]){0,3})\Z"
)
_NOT_IN_NAMES = words_of("""
    i m is at to on me us or and the it its by via from an my your our his her mail email address ist lautet et est es
    jest e um uh so yes yeah that please send write contact
""")


class _Domain(NamedTuple):
    end: int
    name: str
    in_words: bool
    """A dot is spelt out: nobody does that to anything but an address."""


def judge_email_in_words(page: Page, start: int, end: int) -> int:
    """Note the e-mail address whose "at" begins the candidate. Gives where the search goes on."""
    lower = page.folded.lower
    sign = _AT.match(lower, start)
    if sign is None:
        return end
    domain = _domain(lower, sign.end())
    if domain is None:
        return sign.end()
    before, local = _local(lower, sign.start())
    sure = domain.in_words or sign.lastgroup in {"fenced", "alone"}
    announced = _ANNOUNCED.search(lower[max(0, before - _LOCAL_VIEW) : before])
    if not local or local in _NOT_IN_NAMES or not (sure or announced is not None or _MARK.search(local)):
        return sign.end()
    if announced is not None and sign.lastgroup != "fenced":
        words = announced["words"].split()
        if not _NOT_IN_NAMES.intersection(words):
            before -= len(announced["words"])
            local = "".join(words) + local
    page.found(before, domain.end, "EMAIL", CHECKED if sure else SHAPED, f"{local}@{domain.name}")
    return max(end, domain.end)


def _domain(lower: str, start: int) -> _Domain | None:
    """Read labels and dots for as long as a domain can go on; it ends in a top-level domain."""
    labels: list[str] = []
    best: _Domain | None = None
    position, in_words = start, False
    for _ in range(_MOST_LABELS):
        if labels and (top := _TOP.match(lower, position)) is not None:
            level = re.sub(r"\s", "", top.group())
            if level in TOP_LEVELS:
                best = _Domain(top.end(), ".".join([*labels, level]), in_words)
        name = _NAME.match(lower, position)
        if name is None:
            break
        dot = _DOT_HERE.match(lower, name.end()) or _DOT_HERE.match(lower, len(name.group().rstrip()) + position)
        if dot is None:
            break
        in_words = in_words or dot.group() != "."
        labels.append(_written(name.group()))
        position = dot.end()
    return best


def _written(label: str) -> str:
    for name, sign in _JOINT_NAMES.items():
        label = re.sub(rf"\s+{re.escape(name)}\s+", sign, label)
    return re.sub(r"\s", "", label)


def _local(lower: str, end: int) -> tuple[int, str]:
    """Read a local part backwards from `end`: words that named signs join, and letters that are spelt one by one."""
    first = max(0, end - _LOCAL_VIEW)
    view = lower[first:end].rstrip(" \t")
    local = ""
    for _ in range(_MOST_LOCAL_TOKENS):
        word = _WORD_BACK.search(view)
        if word is None:
            break
        start = word.start()
        text = word.group()
        if len(text) == 1 and (letters := _LETTERS_BACK.search(view[:start])) is not None:
            start = letters.start()
            text = re.sub(r"[^a-z0-9]", "", letters.group()) + text
        local = _SPOKEN_DIGITS.get(text, text) + local
        view = view[:start]
        if text in _SPOKEN_DIGITS and not _NOT_IN_NAMES.intersection(view.split()[-1:]):
            view = view.rstrip(" \t")
            continue
        joint = _JOINT_BACK.search(view)
        if joint is None:
            break
        # Whatever is joined to: "call me dot" has no name before it.
        before = view[: joint.start()]
        if _WORD_BACK.search(before) is None:
            break
        local = JOINT_WORDS[joint["name"]] + local
        view = before
    return first + len(view), local
