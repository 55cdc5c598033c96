"""Login names and handles: behind a label, and `@name` where it is a person's."""

# ruff: noqa: RUF001 - signs of other scripts are the point

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from processors.pii.patterns.labelled import links, words
from processors.pii.spans import CHECKED, SHAPED

if TYPE_CHECKING:
    from processors.pii.page import Page

HANDLE = r"(?:^|[\s(/,:;|])@[A-Za-z0-9_][A-Za-z0-9_.]{2,30}"
"""How a handle looks to the pattern engine, with the character before it."""

_BEFORE_HANDLE = re.compile(
    r"(?:(?<![a-z])(?:acct|account|handle|twitter|insta|instagram|ig|tiktok|telegram|tg|threads|x|snap|snapchat|dm|dms|"
    r"dm me|reach|reachable|contact|follow|me|my|i am|i'm|profile|profil|konto|compte|cuenta|conto|conta|usuario|user|"
    r"kontakt|contacto|contatto|seguir|folgen|posted by|von|by|from|tweet|aka)[\s:(/,\-]{1,4}|"
    r"@[a-z0-9.\-]{3,60}[\s,;/|]{1,3}(?:/|\||or|,)?\s?)(?:at|on|is|via|bei|sur|en|su|as)?\s?\Z"
)
_COMPANY = re.compile(
    r"(?:help|support|care|status|team|official|hq|app|news|service|services|cares|assist|info|sales|careers|jobs|dev|"
    r"api|inc|corp|bot|global|everyone|here|channel|all|media|import|param|return|override|hilfe|aide|ayuda)\Z"
)
_HANDLE_VIEW = 64

_NAME = re.compile(r"(?:live:)?@?[a-z0-9](?:[\w.\-\\#]{0,38}[a-z0-9_])?(?![\w@])")
_SIGN = re.compile(r"[:=：@]")
_GOES_ON = ("//", ":/")
_ENDS_HERE = re.compile(r"[ \t]*(?:[\n,;|)\]}\"'&<]|\.(?:\s|$)|$)")
_NOBODY = frozenset(words.NOBODY.split())
_FEWEST_SIGNS = 3


def read(page: Page, start: int, end: int) -> bool:  # noqa: ARG001 - all readers are called alike
    """Note the user name behind a label at `start` to `end`."""
    lower = page.folded.lower
    # "login.example.com", "user-friendly": no label, but the beginning of something longer.
    if lower[end : end + 1] in (".", "-", "@") and lower[end + 1 : end + 2].isalnum():
        return False
    at = links.linked(lower, end)
    name = _name_at(lower, at, end)
    if name is not None:
        quoted = lower[at - 1] in "'\"`" and lower[name.end() : name.end() + 1] == lower[at - 1]
        if _is_name(lower, name, announced=quoted or _SIGN.search(lower, end, at + 1) is not None):
            page.found(name.start(), name.end(), "USERNAME", CHECKED)
            return True
    answer = links.answered(lower, end)
    name = None if answer is None else _name_at(lower, answer, end)
    if name is None or not _is_name(lower, name, announced=False):
        return False
    page.found(name.start(), name.end(), "USERNAME", SHAPED)
    return True


def _name_at(lower: str, at: int, label_end: int) -> re.Match[str] | None:
    name = _NAME.match(lower, at - 1 if lower[at - 1 : at] == "@" else at)
    if name is None or at == label_end or lower[name.end() : name.end() + 2] in _GOES_ON:
        return None
    return None if name.group().startswith(("http", "www.")) else name


def _is_name(lower: str, name: re.Match[str], *, announced: bool) -> bool:
    """Tell whether it is a user name by its digits and dots, or, if a sign announces it, because nothing goes on."""
    value = name.group().removeprefix("@")
    if len(value) < _FEWEST_SIGNS or value in _NOBODY or not any(map(str.isalpha, value)):
        return False
    if any(char.isdigit() for char in value) or any(char in "._\\" for char in value[1:-1]):
        return True
    return announced and _ENDS_HERE.match(lower, name.end()) is not None


def is_handle(written: str) -> bool:
    """Tell whether what the pattern engine found is a handle."""
    return "@" in written[:2]


def judge_handle(page: Page, start: int, end: int) -> None:
    """Note a handle that is a person's: by what stands before it, or by the digits that people put into theirs.

    A company's own (`@acme_help`), a package (`@angular/core`) and a word of code (`@media`) stay.
    """
    lower = page.folded.lower
    at = lower.index("@", start)
    name = lower[at + 1 : end].rstrip("._")
    after = lower[at + 1 + len(name) : at + 2 + len(name)]
    if after in ("/", "@", "-", "(") or _COMPANY.search(name) is not None or not any(map(str.isalpha, name)):
        return
    cued = _BEFORE_HANDLE.search(lower[max(0, at - _HANDLE_VIEW) : at]) is not None
    if cued or any(map(str.isdigit, name)):
        page.found(at, at + 1 + len(name), "USERNAME", SHAPED)
