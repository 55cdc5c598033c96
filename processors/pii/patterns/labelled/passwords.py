"""Passwords behind a label, alone or beside a user name.

A password may be any word, so how it is announced decides: behind `:` or `=` nearly anything is one, behind `is` or a
space only what no sentence would say.
"""

# ruff: noqa: RUF001 - signs of other scripts are the point

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from processors.pii.patterns.labelled import links, words
from processors.pii.patterns.labelled.births import DATE
from processors.pii.spans import CHECKED

if TYPE_CHECKING:
    from processors.pii.page import Page

# A few words more, as in "password for staging is": then only what no sentence would say is one.
_TOLD = re.compile(
    r"(?:[ ][^\W_]{1,16}+){1,4}?['\"*`]{0,2}[ ]?"
    r"(?:(?::=|=>|->|[:=：])\s{0,4}|[ ](?:is|was|are|ist|war|lautet|es|era|est|e|jest|to|это|auf)[ ])"
)
_QUOTED = re.compile(r"\\?([\"'`])([^\"'`\n<>]{3,80})\\?\1")
# No password that people type holds Chinese punctuation; a sentence does.
_WORD = re.compile(r"[^\s<>\"`，。；：、！？）】\u3400-\u9fff\uac00-\ud7af\u3040-\u30ff]{3,128}")
_CLOSING = ".,;:)]}'*|"
_NEXT_FIELD = re.compile(r";|[&,](?=\s?[\w\-]{1,24}[=:])")
_INNER_SYMBOL = re.compile(r"(?<=.)[!@#$%^&*?§€£+](?=.)")
_CODE = re.compile(r"/[^/]*/|[a-z_]+(?:[.:][a-z_]+)*\(|--|//|\w+=\w", re.IGNORECASE)
_HIDDEN = re.compile(r"[*•x.\-_#●]+\Z", re.IGNORECASE)
_TEMPLATE = re.compile(r"[${\[%<&]")
_ENDS_HERE = re.compile(r"[ \t]*(?:[\n,;.|)\]}\"'&]|</|$|(?:and|und|y|et|e|i|or|oder)\b|-\s)")
_NO_PASSWORD = frozenset(words.NO_PASSWORD.split())
# Words of other meanings too: a sign or a verb must follow.
_WEAK = frozenset({"pass", "clave", "parola"})
_FEWEST_SIGNS, _FEWEST_ODD = 3, 4

_PAIR = re.compile(
    r"['\"`]?([\w.@\-\\]{3,64})['\"`]?\s?(?:[/:|,]|and|und|et|y|e|i|oder|и)\s?['\"`]?([^\s<>\"'`]{4,64})", re.IGNORECASE
)
# "I tried Sommer2024! as the password"
_AS_PASSWORD = re.compile(
    r"(?<!\S)(\S{4,64}) (?:as|als|comme|como|come|jako) (?:(?:the|my|a|mein|das|mot de|la|mia) )?\Z"
)
_AS_VIEW = 80


def read_password(page: Page, start: int, end: int) -> bool:
    """Note the password behind a label at `start` to `end`."""
    lower = page.folded.lower
    announced = links.announced(lower, end)
    if lower[start:end] in _WEAK and (announced is None or not (announced.by_sign or announced.by_verb)):
        return False
    if announced is not None and (
        _note_quoted(page, announced.at, plain=announced.by_sign or announced.by_verb)
        or _note_word(page, announced.at, plain=announced.by_sign)
    ):
        return True
    told = _TOLD.match(lower, end)
    if told is not None and _note_word(page, told.end(), plain=False):
        return True
    if any(_note_word(page, at, plain=False) for at in links.words_of_answer(lower, end)):
        return True
    view = max(0, start - _AS_VIEW)
    before = _AS_PASSWORD.search(lower[view:start])
    return before is not None and _note_word(page, view + before.start(1), plain=False)


def read_credentials(page: Page, start: int, end: int) -> bool:  # noqa: ARG001 - all readers are called alike
    """Note the user name and the password that stand side by side: `creds: ann42 / Sommer2024!`."""
    announced = links.announced(page.folded.lower, end)
    pair = None if announced is None else _PAIR.match(page.folded.text, announced.at)
    if pair is None or not is_odd(pair[2].rstrip(_CLOSING)):
        return False
    page.found(pair.start(1), pair.end(1), "USERNAME", CHECKED)
    return _note_word(page, pair.start(2), plain=False)


def _note_quoted(page: Page, at: int, *, plain: bool) -> bool:
    quoted = _QUOTED.match(page.folded.text, at)
    if quoted is None or _is_none(quoted[2]) or "{" in quoted[2] or _CODE.match(quoted[2]):
        return False
    if not plain and (" " in quoted[2] or not is_odd(quoted[2])):
        return False
    page.found(quoted.start(2), quoted.end(2), "SECRET", CHECKED)
    return True


def _note_word(page: Page, at: int, *, plain: bool) -> bool:
    """Note the word at `at` as a secret; one that a sentence could say only if `plain`, and nothing goes on behind."""
    text = page.folded.text
    word = _WORD.match(text, at)
    if word is None:
        return False
    value = word.group()
    field = _NEXT_FIELD.search(value, _FEWEST_SIGNS)
    value = (value if field is None else value[: field.start()]).rstrip(_CLOSING)
    if len(value) < _FEWEST_SIGNS or _is_none(value) or _TEMPLATE.match(value) or DATE.fullmatch(value.lower()):
        return False
    if _CODE.match(value) or (not is_odd(value) and not (plain and _is_password(text, at + len(value), value))):
        return False
    page.found(at, at + len(value), "SECRET", CHECKED)
    return True


def _is_none(value: str) -> bool:
    return value.lower() in _NO_PASSWORD or _HIDDEN.match(value) is not None


def _is_password(text: str, end: int, value: str) -> bool:
    """Tell whether a word behind a colon is a password although it is a word: nothing goes on behind it."""
    return any(char.isdigit() for char in value) or _ENDS_HERE.match(text, end) is not None


def is_odd(value: str) -> bool:
    """Tell whether no sentence would say `value`: letters and digits mixed, or a symbol inside, or only digits."""
    if len(value) < _FEWEST_ODD:
        return False
    digits = sum(char.isdigit() for char in value)
    mixed = digits > 0 and len(value) > _FEWEST_ODD and any(char.isalpha() for char in value)
    return mixed or digits == len(value) or _INNER_SYMBOL.search(value) is not None
