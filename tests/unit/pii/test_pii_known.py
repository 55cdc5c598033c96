"""The record's own identifiers, in the forms in which a text names them."""

# ruff: noqa: RUF001 - look-alike characters are the point

from __future__ import annotations

import pytest

from processors.pii import Scrubber

scrubber = Scrubber()


def masked(text: str, **known: str) -> list[str]:
    spans = scrubber.scrub([text], {kind: [value] for kind, value in known.items()}).spans[0]
    return [span.text for span in spans]


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("Ask Norman Bradford today", "Norman Bradford", ["Norman Bradford"]),
        ("NORMAN BRADFORD called", "Norman Bradford", ["NORMAN BRADFORD"]),
        ("norman bradford called", "Norman Bradford", ["norman bradford"]),
        ("Bradford, Norman: yes", "Norman Bradford", ["Bradford, Norman"]),
        ("Norman Bradford: yes", "Bradford, Norman", ["Norman Bradford"]),
        ("N. Bradford and N Bradford", "Norman Bradford", ["N. Bradford", "N Bradford"]),
        ("Bradford, N. wrote", "Norman Bradford", ["Bradford, N."]),
        ("Norman M. Bradford wrote", "Norman Bradford", ["Norman M. Bradford"]),
        ("Norman wrote; so did bradford", "Norman Bradford", ["Norman", "bradford"]),
        ("Norman's order", "Norman Bradford", ["Norman"]),
        ("Normandy and normans", "Norman Bradford", []),
        ("norman.bradford and norman_bradford", "Norman Bradford", ["norman.bradford", "norman_bradford"]),
        ("Annika\nDelacroix-Halvorsen signed", "Annika Delacroix-Halvorsen", ["Annika\nDelacroix-Halvorsen"]),
        ("Ms Halvorsen", "Dr. Annika Delacroix-Halvorsen", ["Halvorsen"]),
        ("Großmann, GROSSMANN, Grossmann", "Jürgen Großmann", ["Großmann", "GROSSMANN", "Grossmann"]),
        ("Jurgen, Juergen, JÜRGEN", "Jürgen Großmann", ["Jurgen", "Juergen", "JÜRGEN"]),
        ("Tоnyа Dаvis complains", "Tonya Davis", ["Tоnyа Dаvis"]),
        ("Brantley\u00a0Vance, Brant\u200bley", "Brantley Vance", ["Brantley\u00a0Vance", "Brant\u200bley"]),
        ("Jose\u0301 called", "José Salas", ["Jose\u0301"]),
        ("Maria dos Santos; dos anos, Santos", "Maria dos Santos", ["Maria dos Santos", "Santos"]),
        ("请联系王晓燕或晓燕。", "王晓燕", ["王晓燕", "晓燕"]),
        ("Sinéad O'Neil and ONEIL", "Sinead O'Neil", ["Sinéad O'Neil", "ONEIL"]),
        ("mình là Phạm Minh Châu", "Phạm Minh Châu", ["Phạm Minh Châu"]),
        ("أنا خالد حداد من", "خالد حداد", ["خالد حداد"]),
    ],
)
def test_a_known_name_in_its_forms(text: str, name: str, expected: list[str]) -> None:
    assert masked(text, PERSON=name) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It will be a long time.", []),
        ("Will this take long? Long story.", []),
        ("He said Mark it as done", []),
        ("Hi Will, thanks", ["Will"]),
        ("Will: can you check?", ["Will"]),
        ("we asked Will about it", ["Will"]),
        ("Thanks,\nWill", ["Will"]),
        ("Dear Mr. Long,", ["Long"]),
        ("WILL LONG and Will Long", ["WILL LONG", "Will Long"]),
        ("W. Long", ["W. Long"]),
    ],
)
def test_a_name_that_is_a_common_word_counts_only_where_a_name_stands(text: str, expected: list[str]) -> None:
    assert masked(text, PERSON="Will Long") == expected


def test_a_role_that_stands_for_a_name_is_no_name() -> None:
    assert masked("Customer support has a support team", PERSON="Support Team") == []


@pytest.mark.parametrize(
    "written",
    ["+14155550123", "(415) 555-0123", "415.555.0123", "415 555 0123", "1-415-555-0123", "415/555/0123", "4155550123"],
)
def test_a_known_phone_in_any_format(written: str) -> None:
    assert masked(f"order 99, {written}, thanks", PHONE="+14155550123") == [written]


def test_a_known_phone_is_found_even_behind_a_word_that_speaks_against_phones() -> None:
    assert masked("Kontonummer 1718479172", PHONE="+49 171 8479172") == ["1718479172"]


def test_a_known_e_mail_address_in_any_case_and_its_local_part_as_a_user_name() -> None:
    text = "OKAFOR.Keisha@X.example logs in as okafor.keisha"
    scrubbed = scrubber.scrub([text], {"EMAIL": ["okafor.keisha@x.example"]})
    assert scrubbed.texts == ("<EMAIL_1> logs in as <USERNAME_1>",)


def test_the_local_part_of_a_role_address_is_an_ordinary_word() -> None:
    assert masked("please ask support, or billing", EMAIL="support@x.example") == []


@pytest.mark.parametrize(
    ("kind", "value", "written"),
    [
        ("ADDRESS", "110 W 43rd Street, Madison, WI 53703", "110 W 43rd Street\nMadison  WI 53703"),
        ("ADDRESS", "北京市朝阳区建国路56号17单元", "北京市朝阳区建国路56号17单元"),
        ("IBAN", "DE86430297124207306230", "DE86 4302 9712 4207 3062 30"),
        ("ACCOUNT", "12-34-56 78901234", "123456 78901234"),
        ("USERNAME", "the_tonya", "@the_tonya"),
        ("NATIONAL_ID", "536-90-4399", "536 90 4399"),
        ("DATE_OF_BIRTH", "1960-04-22", "1960/04/22"),
        ("SECRET", "hunter2hunter2", "HUNTER2HUNTER2"),
    ],
)
def test_other_known_values_whatever_stands_between_their_characters(kind: str, value: str, written: str) -> None:
    scrubbed = scrubber.scrub([f"It is {written}, yes"], {kind: [value]})
    assert [(span.type, span.text) for span in scrubbed.spans[0]] == [(kind, written)]


def test_a_known_value_inside_a_longer_word_is_left_alone() -> None:
    assert masked("reference X98765432Y", ACCOUNT="98765432") == []


def test_values_too_short_to_be_told_from_ordinary_text_are_not_looked_for() -> None:
    assert masked("1234 abc 12", ACCOUNT="1234", USERNAME="abc", PERSON="A", PHONE="12") == []


def test_empty_and_odd_known_values_do_no_harm() -> None:
    known = {
        "PERSON": ["", " ", "-", "N/A", "\ud800"],
        "PHONE": ["", "+", "+++"],
        "EMAIL": ["", "@"],
    }
    assert scrubber.scrub(["N/A - none @ xxxxxxxxx"], known).texts == ("N/A - none @ xxxxxxxxx",)
