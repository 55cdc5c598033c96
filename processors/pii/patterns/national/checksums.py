"""The arithmetic of check digits, each written once: schemes differ in weights and modulus.

Written from the public definitions (ISO/IEC 7064, Verhoeff 1969, the issuing offices' own notes). `digits` are ASCII
digits; where a value holds letters, they are ASCII capitals.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def weighted(digits: str, weights: Iterable[int]) -> int:
    """Give the sum of digit times weight; what has no partner is left out."""
    return sum((ord(digit) - 48) * weight for digit, weight in zip(digits, weights, strict=False))


def ends_in(digits: str, weights: Sequence[int], modulus: int, ten: int = 0) -> bool:
    """Tell whether the digit behind those weighted is their sum's remainder; a remainder of ten is written as `ten`."""
    remainder = weighted(digits, weights) % modulus
    return remainder % 10 == int(digits[len(weights)]) if remainder != 10 else int(digits[len(weights)]) == ten  # noqa: PLR2004


def complement_ends(digits: str, weights: Sequence[int], modulus: int) -> bool:
    """Tell whether the digit behind those weighted fills their sum up to a multiple of `modulus` (10 and 11 are 0)."""
    filled = modulus - weighted(digits, weights) % modulus
    return int(digits[len(weights)]) == (0 if filled >= 10 else filled)  # noqa: PLR2004


def iso_11_10(digits: str) -> bool:
    """Tell whether the last digit is right by ISO/IEC 7064, MOD 11,10."""
    product = 10
    for digit in digits[:-1]:
        product = ((int(digit) + product) % 10 or 10) * 2 % 11
    return (11 - product) % 10 == int(digits[-1])


_TIMES = (
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
)  # fmt: skip
"""The group D5, whose products are not the same both ways: what catches swapped neighbours."""
_SHUFFLES = (
    "0123456789", "1576283094", "5803796142", "8916043527", "9453126870", "4286573901", "2793806415", "7046913258",
)  # fmt: skip


def verhoeff(digits: str) -> bool:
    """Tell whether the last digit is the Verhoeff check digit of those before."""
    state = 0
    for place, digit in enumerate(reversed(digits)):
        state = int(_TIMES[state][int(_SHUFFLES[place % 8][int(digit)])])
    return state == 0
