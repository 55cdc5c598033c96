"""Placeholders as models write them: which forms are put back, and which are left alone because it would be a guess."""

# ruff: noqa: RUF001 - look-alike characters are the point

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.pii import restore

VALUES = {
    "<PERSON_1>": "Ann",
    "<PERSON_2>": "Bo",
    "<PERSON_10>": "Jo",
    "<EMAIL_1>": "ann@x.example",
    "<CREDIT_CARD_1>": "4111",
    "<IP_ADDRESS_1>": "10.0.0.1",
    "<ADDRESS_1>": "5 High St\nLeeds",
}


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ("<PERSON_1>", "Ann"),
        ("<person_1> <Person_1>", "Ann Ann"),
        ("PERSON_1 person_1 Person_1", "Ann Ann Ann"),
        ("PERSON 1, <PERSON 1>, <person 1>, [person 1]", "Ann, Ann, Ann, Ann"),
        ("<PERSON-1> PERSON-1", "Ann Ann"),
        ("[PERSON_1] [PERSON-1]", "Ann Ann"),
        ("[PERSON_1](mailto:x)", "[Ann](mailto:x)"),
        ("&lt;PERSON_1&gt; &#60;PERSON_1&#62; \\u003cPERSON_1\\u003e", "Ann Ann Ann"),
        ("<PERSON\\_1> \\<PERSON_1\\> PERSON\\_1", "Ann Ann Ann"),
        ("＜PERSON_1＞ ＜ＰＥＲＳＯＮ＿１＞", "Ann Ann"),
        ("< PERSON_1 > <PERSON _ 1>", "Ann Ann"),
        ("<PER\u200bSON_1> <PERSON_1\u200b>", "Ann Ann"),
        ('**<PERSON_1>** `<PERSON_1>` "<PERSON_1>"', '**Ann** `Ann` "Ann"'),
        ("<PERSON_1>'s PERSON_1's <PERSON_1>s", "Ann's Ann's Anns"),
        (
            "pre<PERSON_1>post https://x.example/?q=<PERSON_1>&x=1 ?q=%3CPERSON_1%3E",
            "preAnnpost https://x.example/?q=Ann&x=1 ?q=Ann",
        ),
        ("<PERSON_1><PERSON_2>", "AnnBo"),
        ("<PERSON_10> PERSON_10 <PERSON_1>", "Jo Jo Ann"),
        ("<CREDIT CARD 1> <credit-card-1> CREDIT_CARD_1 <CREDIT\\_CARD\\_1>", "4111 4111 4111 4111"),
        ("<IP_ADDRESS_1> IP_ADDRESS_1", "10.0.0.1 10.0.0.1"),
        ("请联系<PERSON_1>，谢谢。请联系PERSON_1，谢谢。", "请联系Ann，谢谢。请联系Ann，谢谢。"),
        ("😀<PERSON_1>𝒳", "😀Ann𝒳"),
        ("Mail <EMAIL>.", "Mail ann@x.example."),
    ],
)
def test_altered_forms_are_put_back(answer: str, text: str) -> None:
    restored = restore(answer, VALUES)
    assert restored.text == text
    assert restored.unrestorable == ()


@pytest.mark.parametrize(
    "answer",
    [
        "person 12 of 40, person 1 of 40, email 1 of 3",
        "One person said 1 email; Person of the year",
        "Column SUPERPERSON_1X and MY_EMAIL_1_ID stay.",
        "PERSON1 email-1",
        "<email> <address> <person>",
        "Nothing to restore; 5 < 7 > 3 and <b>bold</b>.",
        "PERSON_1234567890",
        "PERSON 99 of 100",
        "",
    ],
)
def test_what_may_be_text_stays_text(answer: str) -> None:
    restored = restore(answer, VALUES)
    assert restored.text == answer
    assert restored.unrestorable == ()


@pytest.mark.parametrize(
    ("answer", "unrestorable"),
    [
        ("Ask <PERSON_99>.", ("<PERSON_99>",)),
        ("Ask PERSON_99.", ("PERSON_99",)),
        ("Ask <PERSON_0> and <PERSON_01>.", ("<PERSON_0>", "<PERSON_01>")),
        ("Key <SECRET_1>.", ("<SECRET_1>",)),
        ("Ask <PERSON>.", ("<PERSON>",)),
        ("Ask &lt;PERSON_99&gt;, <PERSON_99>, <PERSON_99>.", ("&lt;PERSON_99&gt;", "<PERSON_99>")),
    ],
)
def test_what_is_unknown_or_ambiguous_stays_and_is_listed(answer: str, unrestorable: tuple[str, ...]) -> None:
    restored = restore(answer, VALUES)
    assert restored.text == answer
    assert restored.unrestorable == unrestorable


@pytest.mark.parametrize("value", ["<PERSON_2>", "a$1\\g<0>&<b>", "\\", 'Anna "Annie" \\ Berg', "line\nline", "\ud800"])
def test_a_value_is_put_in_once_and_as_it_is(value: str) -> None:
    assert restore("x <PERSON_1> y", {"<PERSON_1>": value, "<PERSON_2>": "Bo"}).text == f"x {value} y"


@given(st.text(max_size=20))
def test_json_stays_json_whatever_the_value(value: str) -> None:
    answer = '{"n": "<PERSON_1>, PERSON_1", "m": [1.50, "\\u003cPERSON_1\\u003e"], "<PERSON_1>": "\\u00e9"}'
    restored = restore(answer, {"<PERSON_1>": value}, json=True)
    assert json.loads(restored.text) == {"n": f"{value}, {value}", "m": [1.5, value], value: "é"}


def test_json_is_left_byte_for_byte_where_nothing_is_put_in() -> None:
    answer = '{ "a" : 1.50,\t"b":"\\u00e9\\/", "a": 1e400 }'
    assert restore(answer, VALUES, json=True).text == answer


def test_json_in_prose_and_json_cut_off_are_restored_too() -> None:
    values = {"<PERSON_1>": 'A "B"'}
    assert restore('Here: {"n": "<PERSON_1>"} ok PERSON_1', values, json=True).text == (
        'Here: {"n": "A \\"B\\""} ok A \\"B\\"'
    )
    assert restore('{"n": "<PERSON_1> and', values, json=True).text == '{"n": "A \\"B\\" and'


def test_a_wrong_escape_in_a_json_string_does_not_stop_the_rest() -> None:
    assert restore('{"a": "\\x", "b": "<PERSON_1>"}', VALUES, json=True).text == '{"a": "\\x", "b": "Ann"}'


def test_types_of_the_map_that_are_not_ours_are_understood() -> None:
    restored = restore("<CUSTOMER_1>, customer_1, <CUSTOMER_2>", {"<CUSTOMER_1>": "Acme"})
    assert restored.text == "Acme, Acme, <CUSTOMER_2>"
    assert restored.unrestorable == ("<CUSTOMER_2>",)
