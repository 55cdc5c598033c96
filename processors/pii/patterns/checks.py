"""Validators that decide about a candidate by its own arithmetic: checksums, lengths, number ranges. Pure functions."""

from __future__ import annotations

from ipaddress import AddressValueError, IPv4Address, IPv6Address

_CARD_LENGTHS = range(12, 20)

# ISO/IEC 7812 prefixes as the brands publish them: (lowest, highest prefix, permitted lengths).
_BRANDS: tuple[tuple[str, str, frozenset[int]], ...] = (
    ("4", "4", frozenset({16, 19})),  # Visa
    ("51", "55", frozenset({16})),  # Mastercard
    ("2221", "2720", frozenset({16})),  # Mastercard
    ("34", "34", frozenset({15})),  # American Express
    ("37", "37", frozenset({15})),  # American Express
    ("6011", "6011", frozenset({16, 19})),  # Discover
    ("644", "659", frozenset({16, 19})),  # Discover
    ("62", "62", frozenset({16, 17, 18, 19})),  # UnionPay
    ("300", "305", frozenset({14, 16})),  # Diners Club
    ("3095", "3095", frozenset({14, 16})),  # Diners Club
    ("36", "36", frozenset({14, 16})),  # Diners Club
    ("38", "39", frozenset({14, 16})),  # Diners Club
    ("3528", "3589", frozenset({16, 19})),  # JCB
    ("2200", "2204", frozenset({16, 17, 18, 19})),  # Mir
    ("60", "60", frozenset({16})),  # RuPay
    ("81", "82", frozenset({16})),  # RuPay
    ("1800", "1800", frozenset({15})),  # JCB
    ("2131", "2131", frozenset({15})),  # JCB
    *((p, p, frozenset({15, 16, 18, 19})) for p in ("5018", "5020", "5038", "5893", "6304", "6759", "676")),  # Maestro
)

_IBAN_REGISTRY = """
    AD:24 AE:23 AL:28 AT:20 AZ:28 BA:20 BE:16 BG:22 BH:22 BI:27 BR:29 BY:28 CH:21 CR:22 CY:28 CZ:24 DE:22 DJ:27
    DK:18 DO:28 EE:20 EG:29 ES:24 FI:18 FK:18 FO:18 FR:27 GB:22 GE:22 GI:23 GL:18 GR:27 GT:28 HR:21 HU:28 IE:22
    IL:23 IQ:23 IS:26 IT:27 JO:30 KW:30 KZ:20 LB:28 LC:32 LI:21 LT:20 LU:20 LV:21 LY:25 MC:27 MD:24 ME:22 MK:19
    MN:20 MR:27 MT:31 MU:30 NI:28 NL:18 NO:15 OM:23 PK:24 PL:28 PS:29 PT:25 QA:29 RO:24 RS:22 RU:33 SA:24 SC:31
    SD:18 SE:24 SI:19 SK:24 SM:27 SO:23 ST:25 SV:28 TL:23 TN:24 TR:26 UA:29 VA:22 VG:24 XK:20 YE:30
"""
IBAN_LENGTHS = {entry[:2]: int(entry[3:]) for entry in _IBAN_REGISTRY.split()}
"""Country -> length, from the SWIFT IBAN registry."""

_SSN_LENGTH = 9
_FIRST_UNISSUED_AREA = 900
_MOST_MONTHS, _MOST_DAYS, _YEARS = 12, 31, range(1900, 2101)


def luhn(digits: str) -> bool:
    """Tell whether the last digit is the Luhn check digit of those before. `digits` are ASCII digits."""
    doubled = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
    values = [ord(digit) - 48 for digit in reversed(digits)]
    return (sum(values[::2]) + sum(doubled[value] for value in values[1::2])) % 10 == 0


def credit_card(digits: str, *, cued: bool = False) -> bool:
    """Tell whether the digits have a brand's prefix, one of that brand's lengths, and a right check digit.

    With `cued` (the text says that a card number follows) any prefix and length of ISO/IEC 7812 will do: old Visa cards
    and Maestro are as short as an EAN, of which one in ten passes Luhn.
    """
    length = len(digits)
    if length not in _CARD_LENGTHS or len(set(digits)) == 1 or not luhn(digits):
        return False
    return cued or any(length in lengths and low <= digits[: len(low)] <= high for low, high, lengths in _BRANDS)


def iban(value: str) -> bool:
    """Tell whether `value` (no spaces, any case) has its country's length and leaves 1 modulo 97 (ISO 13616)."""
    value = value.upper()
    if IBAN_LENGTHS.get(value[:2]) != len(value) or not (value.isascii() and value.isalnum()):
        return False
    return int("".join(str(int(char, 36)) for char in value[4:] + value[:4])) % 97 == 1


def us_ssn(digits: str) -> bool:
    """Tell whether nine digits can be a Social Security number: no area 000, 666, 9xx, no group 00, no serial 0000."""
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    issued = area not in {"000", "666"} and int(area or 0) < _FIRST_UNISSUED_AREA
    return len(digits) == _SSN_LENGTH and issued and group != "00" and serial != "0000"


def ipv4(value: str) -> bool:
    """Tell whether `value` is four numbers of 0 to 255 without leading zeros. 0.0.0.0 is nobody's address."""
    try:
        return not IPv4Address(value).is_unspecified
    except AddressValueError:
        return False


def ipv6(value: str) -> bool:
    """Tell whether `value` is an IPv6 address that is told from a time, a MAC address or a C++ name.

    At least two groups that are not empty and a digit: `a::b` is more often code than an address.
    """
    if sum(1 for group in value.split(":") if group) < 2 or not any(char.isdigit() for char in value):  # noqa: PLR2004
        return False
    try:
        IPv6Address(value)
    except AddressValueError:
        return False
    return True


def date(first: str, second: str, third: str) -> bool:
    """Tell whether three groups of digits are a date, year first or last, day and month in either order."""
    if len(first) == 4:  # noqa: PLR2004 - a year
        year, rest = first, (second, third)
    elif len(third) in {2, 4}:
        year, rest = third, (first, second)
    else:
        return False
    if any(len(part) > 2 for part in rest) or (len(year) == 4 and int(year) not in _YEARS):  # noqa: PLR2004
        return False
    low, high = sorted(map(int, rest))
    return 1 <= low <= _MOST_MONTHS and 1 <= high <= _MOST_DAYS
