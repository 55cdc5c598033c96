"""One-time codes, PINs, the digits on the back of a card, and the words that open a wallet."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from processors.pii.patterns.labelled import links
from processors.pii.spans import CHECKED

if TYPE_CHECKING:
    from processors.pii.page import Page

_PIN_END = r"#?(?![0-9a-z])(?![.,:/\-][0-9])(?!\s?(?:%|digits?\b|zeichen|stellen|times|mal\b))"
_PIN = re.compile(rf"(?:[a-z]{{1,2}}-)?(?:[0-9]{{3}}[ \-][0-9]{{3}}|[0-9]{{4}}[ \-][0-9]{{4}}|[0-9]{{4,8}}){_PIN_END}")
_CARD_CODE = re.compile(rf"[0-9]{{3,4}}{_PIN_END}")
_PIN_BEFORE = re.compile(
    r"(?<![0-9a-z.\-])((?:g-)?(?:[0-9]{4,8}|[0-9]{3}[ \-][0-9]{3}))\s(?:is|ist|es|est|e|jest)\s(?:\w{2,8}\s){0,3}\Z"
)
_PIN_VIEW = 48

_SEED_PHRASE = re.compile(r"(?:[a-z]{3,8}[ ,]{1,2}){11,23}[a-z]{3,8}\b")


def read_pin(page: Page, start: int, end: int) -> bool:
    """Note the digits of a PIN, a card's security code, a one-time code; also in front: `482913 is your login code`."""
    lower = page.folded.lower
    view = max(0, start - _PIN_VIEW)
    before = _PIN_BEFORE.search(lower[view:start])
    if before is not None:
        page.found(view + before.start(1), view + before.end(1), "SECRET", CHECKED)
        return True
    return _read_digits(page, end, _PIN)


def read_card_code(page: Page, start: int, end: int) -> bool:  # noqa: ARG001 - all readers are called alike
    """Note the three or four digits on the back of a card."""
    return _read_digits(page, end, _CARD_CODE)


def _read_digits(page: Page, end: int, form: re.Pattern[str]) -> bool:
    lower = page.folded.lower
    for at in links.places(lower, end):
        found = form.match(lower, at)
        if found is not None and at > end and not lower[at - 1].isalnum():
            page.found(found.start(), found.end(), "SECRET", CHECKED)
            return True
    return False


def read_seed_phrase(page: Page, start: int, end: int) -> bool:  # noqa: ARG001 - all readers are called alike
    """Note the twelve to twenty-four words that open a wallet."""
    seed = _SEED_PHRASE.match(page.folded.lower, links.linked(page.folded.lower, end))
    if seed is None:
        return False
    page.found(seed.start(), seed.end(), "SECRET", CHECKED)
    return True
