"""Texts that other scrubbers got wrong, each with the complaint about it."""

from __future__ import annotations

import re
from typing import NamedTuple

import pytest

from processors.pii import Scrubber

PLACEHOLDER = re.compile(r"<[A-Z_]+_[0-9]+>")


class Case(NamedTuple):
    text: str
    absent: tuple[str, ...] = ()
    present: tuple[str, ...] = ()
    placeholders: int | None = None
    """How many different ones there are."""


CASES = {
    # https://github.com/mongodb-js/devtools-shared/pull/404
    "one address in brackets and in quotes": Case(
        "From: \"Dana Quill\" <dana.quill@northwind.example>\nPlease reply to 'dana.quill@northwind.example'.",
        absent=("dana.quill", "northwind.example"),
    ),
    # https://github.com/data-privacy-stack/presidio/issues/1925
    "addresses in a row": Case(
        "Cc: a.one@x.example b.two@y.example c.three@z.example",
        absent=("a.one", "b.two", "c.three", "@x.example", "@y.example", "@z.example"),
        placeholders=3,
    ),
    # https://github.com/RPBLC-hq/DAM/issues/12
    "invisible characters inside": Case(
        "mail alice@\u200bexample.com or bo\u00adb@example.com now",
        absent=("alice", "example.com", "bob", "bo\u00adb"),
        present=("mail ", " now"),
    ),
    # https://github.com/data-privacy-stack/presidio/issues/888
    "a card that runs into a host name": Case(
        "Form showed card 4539 1488 0343 6467.com next to the URL box.",
        absent=("4539", "1488", "0343", "6467"),
        present=("Form showed card", " next to the URL box."),
    ),
    # https://github.com/data-privacy-stack/presidio/issues/1607
    "times, orders, versions and words that look personal": Case(
        "Event 1764032400004, order 6033391, build 10.0.26100.2314, pkg clio@8.0.1, due 2025-12-01. "
        "Will may call in May.",
        present=("1764032400004", "6033391", "10.0.26100.2314", "clio@8.0.1", "2025-12-01", "Will may call in May"),
        placeholders=0,
    ),
    # https://github.com/data-privacy-stack/presidio/pull/1311
    "phones in brackets, with dots, and glued to a word": Case(
        "Ring +44 (0)20 7946 0958, (415) 555-0132 ext. 7, 415.555.0188 or desk630-596-1111.",
        absent=("7946", "555-0132", "555.0188", "596-1111"),
        placeholders=4,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_others_got_wrong(name: str) -> None:
    case = CASES[name]
    masked = Scrubber().scrub([case.text]).texts[0]
    assert [part for part in case.absent if part in masked] == []
    assert [part for part in case.present if part not in masked] == []
    if case.placeholders is not None:
        assert len(set(PLACEHOLDER.findall(masked))) == case.placeholders


def test_no_placeholder_stands_inside_another() -> None:
    masked = Scrubber().scrub([CASES["a card that runs into a host name"].text]).texts[0]
    assert not re.search(r"<[^<>]*<", masked)


def test_an_address_that_occurs_twice_has_one_placeholder() -> None:
    masked = Scrubber().scrub([CASES["one address in brackets and in quotes"].text]).texts[0]
    assert re.findall(r"<EMAIL_[0-9]+>", masked) == ["<EMAIL_1>", "<EMAIL_1>"]


def test_the_first_of_twelve_values_is_not_restored_inside_the_eleventh() -> None:
    """See https://github.com/BerriAI/litellm/pull/42133."""
    text = "Owners: " + ", ".join(f"u{number}@p{number}.example" for number in range(1, 13))
    vault = Scrubber().scrub([text]).vault
    answer = "<EMAIL_1>; <EMAIL_2>; <EMAIL_11>; <EMAIL_12>;"
    assert vault.restore(answer).text == "u1@p1.example; u2@p2.example; u11@p11.example; u12@p12.example;"
