"""Login names and handles: behind a label, and `@name` where it is a person's."""

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
    r"(?:(?<![a-z])(?:acct|account|handle|twitter|insta|instagram|ig|tiktok|telegram|tg|snap|snapchat|dm|dms|"
    r"dm me|reach|reachable|contact|follow|me|i am|i'm|profile|profil|konto|compte|cuenta|conto|conta|usuario|user|"
    r"kontakt|contacto|contatto|seguir|folgen|posted by|tweet|aka)[\s:(/,\-]{1,4}|"
    r"@[a-z0-9.\-]{3,60}[\s,;/|]{1,3}(?:/|\||or|,)?\s?)(?:at|on|is|via|bei|sur|en|su|as)?\s?\Z"
)
_COMPANY = re.compile(
    r"(?:help|support|care|status|team|official|hq|app|news|service|services|cares|assist|info|sales|careers|jobs|dev|"
    r"api|inc|corp|bot|global|everyone|here|channel|all|media|import|param|return|override|hilfe|aide|ayuda)\Z"
)
_HANDLE_VIEW = 64

_NAME = re.compile(r"(?:live:)?@?[a-z0-9](?:[\w.\-\\#]{0,38}[a-z0-9_])?(?![\w@(])")
_QUOTES = ("'", '"', "`", "*")
_GOES_ON = ("//", ":/")
_ENDS_HERE = re.compile(r"[ \t]*(?:\n|$|[,;|)\]}&<]|\.(?:\s|$)|[\"'`](?!\s?[:=(]))")
_TAGGED = re.compile(r".+#[0-9]{4}\Z")
# "The user is tighter": of these, more is said than their name.
_OF_ANYBODY = frozenset(words.OF_ANYBODY.split())
# What is said of a user name ends as adjectives and participles do.
_NO_WORD_OF_A_SENTENCE = re.compile(
    r"(?!.*(?:ed|ing|ly|able|ible|ive|id|ent|ant|ong|ect|ame|ere|en|ank|pty|ique|ort)\Z)[a-z]{5,}\Z"
)
_MARKED = re.compile(r"[0-9]|(?<=.)[._\\](?=.)")
# A file, a host, a commit, a size.
_NO_NAME = re.compile(
    r".*\.(?:com|org|net|io|dev|ai|co|app|edu|gov|html?|md|txt|py|js|ts|json|ya?ml|xml|cfg|ini|sh|java|go|rs|php|rb|c|h|"
    r"cpp|css)\Z|[0-9a-f]{7,40}\Z|[0-9.]+[a-z]{1,3}\Z|v?[0-9][0-9.]*\Z|[a-z]+-[0-9]+\Z"
)
_NOBODY = frozenset(words.NOBODY.split())
_FEWEST_SIGNS = 3


def read(page: Page, start: int, end: int) -> bool:
    """Note the user name behind a label at `start` to `end`."""
    return _read(page, start, end, of_platform=False)


def read_on_platform(page: Page, start: int, end: int) -> bool:
    """Note the handle behind the name of a platform, or what is called one: with a sign or an `@` before it."""
    return _read(page, start, end, of_platform=True)


def _read(page: Page, start: int, end: int, *, of_platform: bool) -> bool:
    lower = page.folded.lower
    # "login.example.com", "user-friendly": no label, but the beginning of something longer.
    if lower[end : end + 1] in (".", "-", "@", "/") and lower[end + 1 : end + 2].isalnum():
        return False
    return _note_announced(page, start, end, of_platform=of_platform) or _note_answer(page, end)


def _note_announced(page: Page, start: int, end: int, *, of_platform: bool) -> bool:
    lower = page.folded.lower
    announced = links.announced(lower, end)
    if announced is None:
        return False
    quoted = lower[announced.at : announced.at + 1] in _QUOTES
    name = _name_at(lower, announced.at + quoted)
    if name is None:
        return False
    sign = announced.by_sign or name.group().startswith("@")
    if of_platform and not sign and _TAGGED.match(name.group()) is None:
        return False
    in_link = lower[max(0, start - 1) : start] in ("?", "&")  # where the sign is how links are written
    said = announced.by_verb and lower[start:end] not in _OF_ANYBODY and _NO_WORD_OF_A_SENTENCE.match(name.group())
    plain = not in_link and (sign or (quoted and not announced.by_verb) or bool(said))
    if not _is_name(lower, name, announced=plain):
        return False
    page.found(name.start(), name.end(), "USERNAME", CHECKED)
    return True


def _note_answer(page: Page, end: int) -> bool:
    lower = page.folded.lower
    for at in links.words_of_answer(lower, end):
        name = _name_at(lower, at)
        if name is not None and _is_name(lower, name, announced=False):
            page.found(name.start(), name.end(), "USERNAME", SHAPED)
            return True
    return False


def _name_at(lower: str, at: int) -> re.Match[str] | None:
    name = _NAME.match(lower, at)
    if name is None or lower[name.end() : name.end() + 2] in _GOES_ON or name.group().startswith(("http", "www.")):
        return None
    return name


def _is_name(lower: str, name: re.Match[str], *, announced: bool) -> bool:
    """Tell whether it is a user name by its digits and dots, or, if a sign announces it, because nothing goes on."""
    value = name.group()
    plain = value.removeprefix("@")
    if len(plain) < _FEWEST_SIGNS or plain in _NOBODY or not any(map(str.isalpha, plain)):
        return False
    if not announced and _NO_NAME.match(plain) is not None:
        return False
    if _MARKED.search(plain) is not None or value[0] == "@":
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
