"""Labels in a text, each given to those who read what follows it.

One pattern of some 1,300 names and no groups finds them (33 µs for 6 KB of CRM text, measured); a name leads to its
readers by a table. The first that finds something has it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from processors.pii.folding import fold, is_unspaced
from processors.pii.patterns.engine import compiled
from processors.pii.patterns.labelled import births, codes, keys, numbers, passwords, usernames, words
from processors.pii.patterns.national import SCHEMES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from processors.pii.page import Page

    Reader = Callable[[Page, int, int], bool]

# A line may break between two words of a label.
_JOINT = r"(?:[\s_.\-'/]|\. )?"
_ENDINGS = ("nummer", "number", "nr", "num", "no", "id")
_WITHOUT_JOINTS = str.maketrans("", "", " \t\r\n\v\f_.-'/()")

_BY_FAMILY: tuple[tuple[str, Reader], ...] = (
    (words.BIRTH, births.read),
    *((scheme.labels, numbers.reader_of(scheme)) for scheme in SCHEMES),
    (words.SOCIAL_SECURITY, numbers.read_social_security),
    (words.CARD, numbers.read_card),
    (words.DOCUMENT, numbers.read_document),
    (words.BANK_CODE, numbers.read_bank_code),
    (words.SORT_CODE, numbers.read_sort_code),
    (words.ITALIAN_BANK, numbers.read_italian_bank),
    (words.BANK_ACCOUNT, numbers.read_account),
    (words.WALLET, numbers.read_wallet),
    (words.CUSTOMER, numbers.read_customer),
    (words.ROLE, numbers.read_of_role),
    (words.PIN, codes.read_pin),
    (words.CARD_CODE, codes.read_card_code),
    (words.SEED_PHRASE, codes.read_seed_phrase),
    (words.CREDENTIALS, passwords.read_credentials),
    (words.KEY, keys.read_key),
    (words.PASSWORD, passwords.read_password),
    (words.USERNAME, usernames.read),
    (words.PLATFORM, usernames.read_on_platform),
)

_OF_WORDS = frozenset(
    {
        births.read,
        numbers.read_wallet,
        passwords.read_credentials,
        keys.read_key,
        passwords.read_password,
        codes.read_seed_phrase,
        usernames.read,
        usernames.read_on_platform,
    }
)
"""Those whose values may be without a digit."""
_DIGIT = re.compile("[0-9]")
_BEFORE_VIEW, _NUMBER_VIEW = 48, 192
"""`482913 is your code`; the longest question with its speaker and a few words of the answer."""


def _names(labels: str) -> list[str]:
    return [fold(label).lower for label in labels.split("|")]


def _table() -> dict[str, tuple[Reader, ...]]:
    table: dict[str, tuple[Reader, ...]] = {}
    for labels, reader in _BY_FAMILY:
        for name in _names(labels):
            key = name.translate(_WITHOUT_JOINTS)
            if reader not in table.get(key, ()):
                table[key] = (*table.get(key, ()), reader)
    return table


_TABLE = _table()


@lru_cache(maxsize=4096)
def _readers_of(label: str) -> tuple[Reader, ...]:
    """Who reads behind a label as it stands in the text; it may end in a word for number (`Passnr`)."""
    key = label.translate(_WITHOUT_JOINTS)
    for ending in ("", *_ENDINGS):
        if key.endswith(ending) and (readers := _TABLE.get(key.removesuffix(ending))) is not None:
            return readers
    return ()


def _any_of(names: Iterable[str]) -> str:
    # In order of the alphabet, where the engine sees what they have in common.
    return "|".join(re.escape(name).replace(r"\ ", _JOINT) for name in sorted(set(names)))


_ALL = [name for labels, _ in _BY_FAMILY for name in _names(labels)]
_LABELS = compiled(
    rf"(?i:(?:\b|_)(?:{_any_of(name for name in _ALL if name.isascii())})(?:{'|'.join(_ENDINGS)})?\b"
    rf"|(?:{words.GLUED})\b)"
)


def _foreign(*, unspaced: bool) -> re.Pattern[str]:
    """Match labels of other scripts: to the engine their letters are one byte, all alike."""
    names = sorted(
        (name for name in _ALL if not name.isascii() and is_unspaced(name) is unspaced), key=len, reverse=True
    )
    labels = "|".join(re.escape(name).replace(r"\ ", _JOINT) for name in names)
    return re.compile(labels if unspaced else rf"(?<![^\W\d_])(?:{labels})(?![^\W\d_])")


_UNSPACED, _SPACED = _foreign(unspaced=True), _foreign(unspaced=False)
_LETTER_OF_SPACED = re.compile("[\u0370-\u08ff\u0900-\u0dff]")
_FOREIGN_LETTER = b"\xff"


def find_labelled(page: Page) -> None:
    """Note on `page` what its labels name."""
    folded = page.folded
    for label in _LABELS.finditer(folded.raw):
        _ask(page, *label.span())
    for start, end in _foreign_lines(folded.raw):
        for name in _UNSPACED.finditer(folded.lower, start, end):
            _ask(page, *name.span())
        if _LETTER_OF_SPACED.search(folded.lower, start, end) is not None:
            for name in _SPACED.finditer(folded.lower, start, end):
                _ask(page, *name.span())


def _foreign_lines(raw: bytes) -> Iterator[tuple[int, int]]:
    """Give the lines that hold a letter of another script."""
    done, letter = 0, raw.find(_FOREIGN_LETTER)
    while letter >= 0:
        start, end = raw.rfind(b"\n", done, letter) + 1 or done, raw.find(b"\n", letter)
        done = end if end >= 0 else len(raw)
        yield start, done
        letter = raw.find(_FOREIGN_LETTER, done)


def _ask(page: Page, start: int, end: int) -> None:
    lower = page.folded.lower
    # Most labels of prose are followed by no number: "my card", "the account". That costs 0.3 µs to see, not 3.
    digits = _DIGIT.search(lower, max(0, start - _BEFORE_VIEW), end + _NUMBER_VIEW) is not None
    for read in _readers_of(lower[start:end]):
        if (digits or read in _OF_WORDS) and read(page, start, end):
            break
