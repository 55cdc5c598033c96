"""What is told by itself and stands alone: national numbers that add up, tokens with a prefix, handles.

A pattern of its own, without groups: in the shared pass the engine must find out which group matched, and the bounded
lengths of fifty tokens fill its table of states there (86 µs for 6 KB together with the labels, 12 µs alone, measured).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from processors.pii.patterns import tokens
from processors.pii.patterns.engine import compiled
from processors.pii.patterns.labelled import usernames
from processors.pii.patterns.national import SCHEMES, SELF_EVIDENT
from processors.pii.spans import CHECKED

if TYPE_CHECKING:
    from processors.pii.page import Page

_EVIDENT = compiled(
    rf"\b(?:{'|'.join(SELF_EVIDENT.values())})\b|\b(?:{'|'.join((*tokens.PROVIDERS, *tokens.OPENINGS))})"
    rf"|{tokens.PRIVATE_KEY}|{usernames.HANDLE}"
)
_NUMBERS = tuple((scheme, re.compile(form)) for scheme in SCHEMES if (form := SELF_EVIDENT.get(scheme.name)))
_JOINING = (b"-", b"/", b"_", b".")


def find_evident(page: Page) -> None:
    """Note on `page` the numbers, tokens and handles that need no label."""
    text = page.folded.text
    done = 0
    for match in _EVIDENT.finditer(page.folded.raw):
        start, end = match.span()
        if start < done:  # inside a key: a text of nothing but first lines of keys would be read once for each
            continue
        if usernames.is_handle(text[start:end]):
            usernames.judge_handle(page, start, end)
        elif not _judge_number(page, start, end):
            done = tokens.judge_token(page, start, end)


def _judge_number(page: Page, start: int, end: int) -> bool:
    """Tell whether a number of `SELF_EVIDENT` stands here; note it where it adds up and is no part of a code."""
    raw, written = page.folded.raw, page.folded.text[start:end]
    schemes = [scheme for scheme, form in _NUMBERS if form.fullmatch(written) is not None]
    # A dot behind it ends the sentence.
    joined = raw[max(0, start - 1) : start] in _JOINING or raw[end : end + 1] in _JOINING[:-1]
    if not joined and any(scheme.adds_up(written) for scheme in schemes):
        page.found(start, end, "NATIONAL_ID", CHECKED)
    return bool(schemes)
