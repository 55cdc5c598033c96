"""Truth tables of the validators."""

from __future__ import annotations

import pytest

from processors.pii.patterns import checks
from processors.pii.patterns.phones import cued_phone_key, known_phone, phone_key

REGIONS = ("US", "GB", "DE", "FR", "ES", "CN", "TR")


@pytest.mark.parametrize(
    "digits",
    [
        "4111111111111111",  # Visa
        "5555555555554444",  # Mastercard
        "2223003122003222",  # Mastercard, range of 2017
        "378282246310005",  # American Express
        "6011111111111117",  # Discover
        "30569309025904",  # Diners Club
        "3530111333300000",  # JCB
        "6200000000000005",  # UnionPay
        "6759649826438453",  # Maestro
    ],
)
def test_a_card_of_each_brand_is_one(digits: str) -> None:
    assert checks.credit_card(digits)


@pytest.mark.parametrize(
    "digits",
    [
        "4111111111111112",  # wrong check digit
        "1741083751123",  # epoch milliseconds
        "9111111111111111111",  # no brand
        "378282246310006",
        "37828224631000",  # too short for its brand
        "4063022013214",  # an EAN that passes Luhn
        "0000000000000000",
        "",
    ],
)
def test_what_is_no_card_is_none(digits: str) -> None:
    assert not checks.credit_card(digits)


def test_a_rare_short_card_counts_only_where_the_text_says_card() -> None:
    assert not checks.credit_card("4222222222222")
    assert checks.credit_card("4222222222222", cued=True)


@pytest.mark.parametrize(
    ("value", "right"),
    [
        ("DE89370400440532013000", True),
        ("de89370400440532013000", True),
        ("GB29NWBK60161331926819", True),
        ("FR1420041010050500013M02606", True),
        ("NO9386011117947", True),
        ("MT84MALT011000012345MTLCAST001S", True),
        ("DE89370400440532013001", False),  # check digits
        ("DE8937040044053201300", False),  # length
        ("ZZ89370400440532013000", False),  # country
        ("DE8937040044053201300é", False),
        ("", False),
    ],
)
def test_an_iban_has_its_countrys_length_and_its_check_digits(value: str, *, right: bool) -> None:
    assert checks.iban(value) is right


@pytest.mark.parametrize(
    ("digits", "right"),
    [
        ("123456789", True),
        ("899999999", True),
        ("000456789", False),
        ("666456789", False),
        ("900456789", False),
        ("123006789", False),
        ("123450000", False),
        ("12345678", False),
    ],
)
def test_a_social_security_number_has_an_issued_area(digits: str, *, right: bool) -> None:
    assert checks.us_ssn(digits) is right


@pytest.mark.parametrize(
    ("value", "right"),
    [
        ("10.0.0.1", True),
        ("255.255.255.255", True),
        ("256.1.1.1", False),
        ("1.2.3", False),
        ("01.2.3.4", False),
        ("0.0.0.0", False),
    ],
)
def test_an_ipv4_address_is_four_octets(value: str, *, right: bool) -> None:
    assert checks.ipv4(value) is right


@pytest.mark.parametrize(
    ("value", "right"),
    [
        ("2001:db8:8f3f:38e5:6d4e:95f5:6c60:f65a", True),
        ("2001:db8::1", True),
        ("fe80::1", True),
        ("10:15:30", False),
        ("00:1a:2b:3c:4d:5e", False),
        ("a::b", False),
        ("std::1", False),
        ("::", False),
    ],
)
def test_an_ipv6_address_is_no_time_no_mac_address_and_no_code(value: str, *, right: bool) -> None:
    assert checks.ipv6(value) is right


@pytest.mark.parametrize(
    ("groups", "right"),
    [
        (("2025", "01", "14"), True),
        (("14", "01", "2025"), True),
        (("12", "27", "24"), True),
        (("13", "13", "2025"), False),
        (("2025", "00", "10"), False),
        (("1025", "01", "10"), False),
        (("415", "55", "2025"), False),
        (("04", "24", "473"), False),
    ],
)
def test_a_date_has_a_month_a_day_and_a_year(groups: tuple[str, str, str], *, right: bool) -> None:
    assert checks.date(*groups) is right


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("+1 415 555 0123", "+1 4155550123"),
        ("+49 171 8479172", "+49 1718479172"),
        ("+44 (0)20 7946 0018", "+44 2079460018"),
        ("0049 171 8479172", "+49 1718479172"),
        ("(415) 555-0123", "~4155550123"),
        ("1-415-555-0123", "~4155550123"),
        ("020 7946 0018", "~2079460018"),
        ("0796546399", "~796546399"),
        ("04.24.47.36.50", "~424473650"),
        ("0 (587) 054 53 10", "~5870545310"),
        ("156 0181 2973", "~15601812973"),
        ("555 123 4567", None),  # three numbers: no such area code
        ("7904098484", None),
        ("123456", None),
        ("+1", None),
        ("1111111", None),
        ("12345678901234567890", None),
    ],
)
def test_a_phone_is_told_by_how_it_is_written(text: str, key: str | None) -> None:
    assert phone_key(text, REGIONS) == key


def test_a_number_that_is_said_to_be_a_phone_needs_no_form() -> None:
    assert cued_phone_key("7904098484", REGIONS) == "~7904098484"
    assert cued_phone_key("12345678901234", REGIONS) is None


@pytest.mark.parametrize(
    ("written", "plus", "same"),
    [
        ("14155550123", True, True),
        ("4155550123", False, True),
        ("0014155550123", False, True),
        ("44155550123", False, False),
        ("4155550124", False, False),
    ],
)
def test_a_known_phone_covers_its_own_number_with_any_prefix(written: str, *, plus: bool, same: bool) -> None:
    phone = known_phone("+1 (415) 555-0123", REGIONS)
    assert phone is not None
    assert phone.covers(written, plus=plus) is same


def test_a_known_phone_of_too_few_digits_is_not_looked_for() -> None:
    assert known_phone("12345", REGIONS) is None
