"""Which forms are one value and share a placeholder, and which values are two and never do."""

# ruff: noqa: RUF001 - look-alike characters are the point

from __future__ import annotations

from ipaddress import ip_address

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from processors.pii import TYPES, PlaceholderVault, Scrubber, ScrubPolicy
from processors.pii.values import value_key

scrubber = Scrubber(ScrubPolicy.masking(*TYPES))


def placeholders(text: str, **known: list[str]) -> list[str]:
    return [span.placeholder for span in scrubber.scrub([text], known).spans[0]]


@pytest.mark.parametrize(
    ("kind", "one", "another"),
    [
        ("IP_ADDRESS", "2001:db8::1", "2001:db8:1::"),
        ("IP_ADDRESS", "2001:db8::1:5", "2001:db8:1::5"),
        ("IP_ADDRESS", "1.11.1.1", "11.1.1.1"),
        ("EMAIL", "straße@x.example", "strasse@x.example"),
        ("EMAIL", "a.b@x.example", "ab@x.example"),
        ("USERNAME", "john.doe", "john_doe"),
        ("USERNAME", "john.doe", "johndoe"),
        ("ACCOUNT", "12-345", "1-2345"),
        ("DATE_OF_BIRTH", "1/12/1990", "11/2/1990"),
        ("ADDRESS", "1/2 High St", "12 High St"),
        ("ADDRESS", "1/2 High St", "1-2 High St"),
        ("SECRET", "hunter2", "Hunter2"),
        ("URL", "https://x.example/A", "https://x.example/a"),
        ("PERSON", "कमल", "कमला"),
    ],
)
def test_two_values_have_two_placeholders(kind: str, one: str, another: str) -> None:
    vault = PlaceholderVault()
    assert vault.placeholder(kind, one) != vault.placeholder(kind, another)


@pytest.mark.parametrize(
    ("kind", "one", "another"),
    [
        ("IP_ADDRESS", "2001:DB8::1", "2001:db8:0:0::1"),
        ("EMAIL", "Ann@X.example", "ann@x.EXAMPLE"),
        ("EMAIL", "ann@x.example", "ａｎｎ＠x.example"),
        ("USERNAME", "@JohnDoe", "johndoe"),
        ("ACCOUNT", "12-345", "12 345"),
        ("CREDIT_CARD", "4111 1111 1111 1111", "4111-1111-1111-1111"),
        ("IBAN", "DE89 3704 0044 0532 0130 00", "de89370400440532013000"),
        ("US_SSN", "123-45-6789", "123 45 6789"),
        ("PHONE", "0161 509-3046", "0161 5093046"),
        ("DATE_OF_BIRTH", "1960-04-22", "1960/04/22"),
        ("ADDRESS", "5 High St, Leeds", "5 HIGH ST\nLEEDS"),
        ("PERSON", "Ann  Großmann", "ANN GROSSMANN"),
    ],
)
def test_two_forms_of_a_value_have_one_placeholder(kind: str, one: str, another: str) -> None:
    vault = PlaceholderVault()
    assert vault.placeholder(kind, one) == vault.placeholder(kind, another)


def test_the_answer_about_the_second_of_two_like_addresses_names_the_second() -> None:
    scrubbed = scrubber.scrub(["from 2001:db8::1 and 2001:db8:1:: end"])
    assert scrubbed.texts == ("from <IP_ADDRESS_1> and <IP_ADDRESS_2> end",)
    assert scrubbed.vault.restore("block <IP_ADDRESS_2>").text == "block 2001:db8:1::"


@pytest.mark.parametrize(
    ("kind", "known", "text", "expected"),
    [
        ("ACCOUNT", ["12-345", "1-2345"], "12-345, 1-2345, 12345", [1, 2, 3]),
        ("ACCOUNT", ["12-345"], "12-345, 12345, 1-2345", [1, 1, 2]),
        ("ACCOUNT", ["12-34-56 78901234"], "123456 78901234, 12-34-56 78901234", [1, 1]),
        ("USERNAME", ["john.doe", "john_doe"], "john.doe, john_doe, john.doe", [1, 2, 1]),
        ("USERNAME", ["the_tonya"], "@the_tonya, the tonya, the.tonya", [1, 1, 2]),
        ("EMAIL", ["ann.lee@x.example"], "ann.lee@x.example, annlee@x.example", [1, 2]),
        ("DATE_OF_BIRTH", ["1/12/1990"], "1-12-1990, 11/2/1990", [1, 2]),
        ("ADDRESS", ["1/2 High St, Leeds"], "1/2 High St\nLeeds, 12 High St, Leeds", [1, 2]),
        ("PERSON", ["Zork77"], "ZORK77, zork 77", [1, 1]),
        ("PHONE", ["1234567"], "+49 1234567, +43 1234567", [1, 2]),
        ("PHONE", ["+1 415 555 0123"], "415-555-0123, (415) 555 0123, +14155550123", [1, 1, 1]),
        ("PHONE", ["020 7946 0018"], "+44 20 7946 0018, 020 79460018", [1, 1]),
    ],
)
def test_forms_of_a_known_value_share_its_placeholder_and_other_values_of_its_characters_do_not(
    kind: str, known: list[str], text: str, expected: list[int]
) -> None:
    assert placeholders(text, **{kind: known}) == [f"<{kind}_{number}>" for number in expected]


addresses = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)).map(str) | st.builds(
    lambda head, tail: f"{head:x}::{tail:x}", st.integers(1, 0xFFFF), st.integers(1, 0xFFFF)
)
locals_ = st.text("abß.-_+1", min_size=1, max_size=4).filter(lambda text: text.strip(".-+_") == text)
accounts = st.text("12-/ ", min_size=5, max_size=8).filter(lambda text: text.strip("-/ ") == text)


@given(st.lists(addresses, min_size=2, max_size=6))
@settings(max_examples=200, deadline=None)
@example(["2001:db8::1", "2001:db8:1::", "2001:DB8::1"])
def test_addresses_share_a_placeholder_exactly_if_they_are_one_address(values: list[str]) -> None:
    assert len({value_key("IP_ADDRESS", value) for value in values}) == len(set(map(ip_address, values)))


@given(st.lists(locals_, min_size=2, max_size=6))
@settings(max_examples=200, deadline=None)
def test_mailboxes_and_user_names_share_a_placeholder_exactly_if_they_differ_in_case_alone(values: list[str]) -> None:
    distinct = len({value.lower() for value in values})
    cased = [*values, *(value.title() if "ß" not in value else value for value in values)]
    assert len({value_key("EMAIL", f"{value}@x.example") for value in cased}) == distinct
    assert len({value_key("USERNAME", value) for value in cased}) == distinct


@given(st.lists(accounts, min_size=2, max_size=6))
@settings(max_examples=200, deadline=None)
def test_accounts_share_a_placeholder_exactly_if_they_have_the_same_groups(values: list[str]) -> None:
    groups = {tuple(value.replace("-", " ").replace("/", " ").split()) for value in values}
    assert len({value_key("ACCOUNT", value) for value in values}) == len(groups)


@given(st.lists(accounts, min_size=1, max_size=4), st.lists(accounts, min_size=1, max_size=4))
@settings(max_examples=300, deadline=None)
def test_no_two_accounts_of_an_event_that_have_other_characters_or_cross_in_their_groups_share_one(
    known: list[str], written: list[str]
) -> None:
    scrubbed = Scrubber().scrub([" | ".join(written)], {"ACCOUNT": known})
    by_placeholder: dict[str, list[str]] = {}
    for span in scrubbed.spans[0]:
        if span.type == "ACCOUNT":
            by_placeholder.setdefault(span.placeholder, []).append(span.text)
    for forms in by_placeholder.values():
        assert len({"".join(filter(str.isdigit, form)) for form in forms}) == 1
