"""Phone numbers: which digits are one, and which two forms are the same one.

The `phonenumbers` library is asked about candidates only (about 30 µs each, against 10 ms a text for its own search).
A number is kept apart from order numbers, dates and amounts by how it is written or by what stands before it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import phonenumbers

from processors.pii.patterns import numbering_plans

if TYPE_CHECKING:
    from collections.abc import Iterable

DEFAULT_REGIONS = (
    *("US", "GB", "DE", "FR", "ES", "IT", "NL", "PL", "BR", "IN"),
    *("AT", "CH", "BE", "PT", "SE", "TR", "CN", "JP", "AU", "VN"),
)
"""Whose national formats are understood, most likely first (ISO 3166-1)."""

_FEWEST_DIGITS, _MOST_DIGITS = 7, 15  # E.164 allows 15; seven is a local number in North America
_FEWEST_INTERNATIONAL = 8
_FEWEST_KNOWN, _MOST_KNOWN = 6, 20
_MOST_GROUPED = 13
_NANP_WITH_COUNTRY = 11

_NANP = re.compile(
    r"(?:\+?1[ .\-]{0,2})?(?:(\()[2-9][0-9]{2}\)[ .\-]{0,2}|[2-9][0-9]{2}([\-./ ]))[2-9][0-9]{2}([\-. ])[0-9]{4}"
)
# A national number with its trunk zero, as people write it: in groups, or (mobile phones) as ten or eleven digits.
_TRUNK_GROUPED = re.compile(r"(?:\(?0[0-9]{1,5}\)?|0 ?\([0-9]{1,5}\))(?:[ .\-/]{1,3}[0-9]{2,8}){1,5}")
_TRUNK_PLAIN = re.compile(r"0[1-9][0-9]{8,9}")
_CHINESE_MOBILE = re.compile(r"1[3-9][0-9] [0-9]{4} [0-9]{4}")
# Forms of one country without a trunk zero that no amount and no list of numbers has, where the number is valid there.
_NATIONAL_FORMS = (
    (re.compile(r"[6-9][0-9]{2}(?P<by>[ .\-])[0-9]{2}(?P=by)[0-9]{2}(?P=by)[0-9]{2}"), ("ES",)),
    (re.compile(r"[4-9][0-9]{2} [0-9]{3} [0-9]{2}[1-9]"), ("ES", "PL", "PT")),
    (re.compile(r"\([1-9][0-9]\) ?9?[0-9]{4}-[0-9]{4}"), ("BR",)),
    (re.compile(r"8 ?\([0-9]{3}\) ?[0-9]{3}-[0-9]{2}-[0-9]{2}"), ("RU",)),
)
_PLAIN_TRUNK_REGIONS = ("GB", "FR", "DE")
_WITHOUT_TRUNK_ZERO = frozenset({"US", "CA", "ES", "PL", "PT"})
_NOT_DIGITS = re.compile(r"[^0-9]+")
_EXTENSION = re.compile(r"[ ,;]{0,3}(?:\b(?:ext(?:ension)?|extn|durchwahl|poste|wew)|x)[ .:]{0,2}([0-9]{1,6})\b")


@dataclass(frozen=True, slots=True, repr=False)
class KnownPhone:
    """A phone of the record: `national` digits without trunk zero, `country` code ("" where the record has none)."""

    national: str
    country: str

    def key_of(self, digits: str) -> str:
        """What `phone_key` gives for the same number in the text, where it has the digits `digits`.

        A record without a country does not know whose number it is: +49 1234567 and +43 1234567 are two.
        """
        country = self.country or digits[: -len(self.national)].lstrip("0")
        return f"+{country} {self.national}" if country else f"~{self.national}"

    def covers(self, digits: str, *, plus: bool) -> bool:
        """Tell whether `digits`, as written somewhere, are this number with or without its prefixes."""
        if not digits.endswith(self.national):
            return False
        prefix = digits[: -len(self.national)].strip("0")
        return prefix in {"", self.country} or (plus and not self.country and len(prefix) <= 3)  # noqa: PLR2004


class KnownPhones:
    """The phones of one record: a number of a text is looked up by its last digits, however many phones there are."""

    def __init__(self, phones: Iterable[KnownPhone] = ()) -> None:
        """Take the phones; of two that cover one number, the longer one counts, then the first."""
        self._by_national: dict[str, dict[KnownPhone, None]] = {}
        for phone in phones:
            self._by_national.setdefault(phone.national, {})[phone] = None
        self._lengths = sorted({len(national) for national in self._by_national}, reverse=True)

    def covering(self, digits: str, *, plus: bool) -> KnownPhone | None:
        """Give the phone that `digits`, as written somewhere, are; `plus` if a plus sign stands before them."""
        for length in self._lengths:
            for phone in self._by_national.get(digits[-length:], ()):  # more digits than it has: no entry
                if phone.covers(digits, plus=plus):
                    return phone
        return None

    def __bool__(self) -> bool:
        """Tell whether there is any."""
        return bool(self._lengths)


def known_phone(value: str, regions: tuple[str, ...]) -> KnownPhone | None:
    """Read a phone of the record; None where it has too few digits to be looked for as one."""
    digits = _NOT_DIGITS.sub("", value)
    parsed = _parsed(value, None) if value.lstrip().startswith("+") else _first_valid(value, regions)
    if parsed is not None:
        found = KnownPhone(str(parsed.national_number), str(parsed.country_code))
    else:
        found = KnownPhone(digits.lstrip("0"), "")
    return found if _FEWEST_KNOWN <= len(found.national) <= _MOST_KNOWN else None


def phone_key(text: str, regions: tuple[str, ...]) -> str | None:
    """Say which number `text` (ASCII, one candidate) is by the way it is written, or None where that does not tell.

    Without `regions` the form is believed and the library not asked.

    The key is `+<country> <national>` for a number that names its country, `~<national>` otherwise; who knows the whole
    event joins the two.
    """
    digits = _NOT_DIGITS.sub("", text)
    if not _FEWEST_DIGITS <= len(digits) <= _MOST_DIGITS or len(set(digits)) == 1:
        return None
    if text.startswith(("+", "(+")):
        return _international(digits)
    if digits.startswith("00") and (key := _international(digits.lstrip("0"))) is not None:
        return key
    return _national(text, digits, regions)


def cued_phone_key(text: str, regions: tuple[str, ...]) -> str | None:
    """As `phone_key`, where the words around say that this is a phone: any length that a phone can have will do."""
    digits = _NOT_DIGITS.sub("", text)
    if not _FEWEST_DIGITS <= len(digits) <= _MOST_GROUPED or len(set(digits)) == 1:
        return None
    if len(digits) == _NANP_WITH_COUNTRY and _NANP.fullmatch(text):
        digits = digits[1:]
    return "~" + digits.lstrip("0") if _may_be_phone(digits, regions) else None


def extension_after(lower: str, end: int) -> re.Match[str] | None:
    """Match an extension such as ` ext. 214` at `end`; its digits are group 1."""
    return _EXTENSION.match(lower, end)


def national_part(key: str) -> str:
    """Give the national digits of a key, the same for both of its forms."""
    return key.rpartition(" ")[2].lstrip("~")


def _international(digits: str) -> str | None:
    """Read a number that names its country, as the library would at a fifth of its price.

    "+" is enough of a sign: numbers kept for fiction and new ranges have a possible length, and are not valid.
    """
    country = numbering_plans.country_of(digits)
    if country is None or len(digits) < _FEWEST_INTERNATIONAL:
        return None
    national = digits[len(country) :].lstrip("0")
    return f"+{country} {national}" if len(national) in numbering_plans.national_lengths(country) else None


def _national(text: str, digits: str, regions: tuple[str, ...]) -> str | None:
    if (shape := _NANP.fullmatch(text)) is not None:
        # Three groups with nothing but spaces between are any three numbers unless the area code exists.
        spaced = shape[1] is None and shape[2] == shape[3] == " "
        if not spaced or _is_valid(text, ("US",) if regions else ()):
            return "~" + digits[-10:]
    for form, own in _NATIONAL_FORMS:
        if form.fullmatch(text) and _is_valid(text, own if regions else ()):
            return "~" + digits.removeprefix(numbering_plans.trunk_prefix(own[0]))
    if "CN" in regions and _CHINESE_MOBILE.fullmatch(text):
        return "~" + digits
    return "~" + digits.lstrip("0") if _written_with_trunk(text, regions) else None


def _written_with_trunk(text: str, regions: tuple[str, ...]) -> bool:
    if _TRUNK_PLAIN.fullmatch(text):
        return _is_valid(text, _PLAIN_TRUNK_REGIONS if regions else ())
    return _TRUNK_GROUPED.fullmatch(text) is not None and _is_valid(
        text, tuple(region for region in regions if region not in _WITHOUT_TRUNK_ZERO)
    )


def _is_valid(text: str, regions: tuple[str, ...]) -> bool:
    return not regions or _first_valid(text, regions) is not None


def _may_be_phone(digits: str, regions: tuple[str, ...]) -> bool:
    return not regions or len(digits) in numbering_plans.written_lengths(regions)


def _first_valid(text: str, regions: tuple[str, ...]) -> phonenumbers.PhoneNumber | None:
    digits = _NOT_DIGITS.sub("", text)
    for region in regions:
        if numbering_plans.may_be_of(region, digits):
            parsed = _parsed(text, region)
            if parsed is not None and phonenumbers.is_valid_number(parsed):
                return parsed
    return None


def _parsed(text: str, region: str | None) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
