"""When two stretches of text are one value: then they share a placeholder, and the first one's form is put back.

Both mistakes cost. Two forms of one phone with two placeholders are two phones to the model; two addresses with one
placeholder publish the wrong one. In doubt they are two.
"""

from __future__ import annotations

import re
import unicodedata
from ipaddress import ip_address

from processors.pii.folding import fold, shown, visible

EXACT = frozenset({"URL", "SECRET"})
"""Types of which no two texts are one value: two tokens that differ in case are two tokens."""

_ASCII_WORD = re.compile(r"[a-z0-9]+")
# Groups are how such a number is written, not what it is: its length says where it ends.
_COMPACT = frozenset({"PHONE", "CREDIT_CARD", "IBAN", "US_SSN", "NATIONAL_ID"})
# Prose: "Straße" and "STRASSE" are one. In an e-mail address or a user name they are two people.
_PROSE = frozenset({"PERSON", "ADDRESS", "LOCATION", "ORGANIZATION"})
# "1/2 High St" is not "1-2 High St".
_TELLING_IN_ADDRESSES = "-/#"


def value_key(kind: str, text: str) -> str:
    """Give what all forms of one value of a type have in common, and no two values have."""
    if kind in EXACT:
        return text
    if kind in _COMPACT:
        compact = "".join(_words(fold(text).lower)) or visible(text)
        # The form of the key that a phone without its country has, so that a piece of one finds its whole.
        return "~" + compact.lstrip("0") if kind == "PHONE" else compact
    if kind == "IP_ADDRESS":
        return _canonical_address(fold(text).lower)
    plain = visible(text) if kind in _PROSE else shown(text).lower()
    if kind == "EMAIL":
        return "".join(plain.split()) or plain  # a line break in an address is the mail program's
    if kind == "USERNAME":
        return plain.removeprefix("@") or plain
    # Groups stay apart: the accounts 12-345 and 1-2345 are two.
    return " ".join(_words(plain, _TELLING_IN_ADDRESSES if kind == "ADDRESS" else "")) or plain


def _words(plain: str, kept: str = "") -> list[str]:
    """Give the runs of letters, digits, marks on them (the vowels of Hindi) and what else is `kept`."""
    if plain.isascii() and not kept:
        return _ASCII_WORD.findall(plain)
    return "".join(char if char.isalnum() or char in kept or _is_mark(char) else " " for char in plain).split()


def _is_mark(char: str) -> bool:
    return not char.isascii() and unicodedata.category(char)[0] == "M"


def _canonical_address(text: str) -> str:
    try:
        return ip_address(text).compressed
    except ValueError:  # a piece of one that another find has cut off
        return text
