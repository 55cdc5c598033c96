"""Characters that HTML, links, mail and JSON have written out: what they hide is found, and masked as it is written."""

from __future__ import annotations

import pytest

from processors.pii import Scrubber
from processors.pii.encodings import decoded
from processors.pii.folding import fold

scrubber = Scrubber()


def found(text: str) -> list[tuple[str, str]]:
    return [(span.type, span.text) for span in scrubber.scrub([text]).spans[0]]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("EMAIL", "ann&#64;x.example"),
        ("EMAIL", "ann&#x40;x&#46;example"),
        ("EMAIL", "ann&amp;#64;x.example"),
        ("EMAIL", "ann&commat;x&period;example"),
        ("EMAIL", "&#97;&#110;&#110;&#64;&#120;&#46;&#99;&#111;&#109;"),
        ("EMAIL", "ann%40x.example"),
        ("EMAIL", "ann%2540x.example"),
        ("EMAIL", "ann=40x.example"),
        ("EMAIL", "ann.lee@orbit-logis=\ntics.example"),
        ("EMAIL", "j=C3=BCrgen@x.example"),
        ("EMAIL", "ann\\u0040x.example"),
        ("PHONE", "(415)&nbsp;555&#8209;0123"),
        ("PHONE", "%2B1-415-555-0123"),
        ("IBAN", "DE89&nbsp;3704&nbsp;0044&nbsp;0532&nbsp;0130&nbsp;00"),
        ("ADDRESS", "12&nbsp;High&nbsp;Street,&nbsp;Leeds LS1&nbsp;4DY"),
    ],
)
def test_what_is_written_out_is_found_and_masked_whole(kind: str, value: str) -> None:
    assert found(f"({value})") == [(kind, value)]


def test_a_known_name_is_found_in_the_encodings_of_mail_and_html() -> None:
    scrubbed = scrubber.scrub(["J=C3=BCrgen, J&uuml;rgen"], {"PERSON": ["Jürgen"]})
    assert scrubbed.texts == ("<PERSON_1>, <PERSON_1>",)


def test_an_address_has_one_placeholder_however_it_is_encoded() -> None:
    scrubbed = scrubber.scrub(["ann@x.example, ann&#64;x.example, ann%40x.example"])
    assert scrubbed.texts == ("<EMAIL_1>, <EMAIL_1>, <EMAIL_1>",)


@pytest.mark.parametrize(
    "text",
    [
        "id=4012345678&x=2024 and 100%25 of a=40 b",
        "AT&T; fish &chips; R&D",
        "&lt;PERSON_1&gt; &#60;PERSON_1&#62; \\u003cPERSON_1\\u003e",
        "&#0; &#x110000; &#xd800; %C3%28 =C3=28",
    ],
)
def test_what_is_no_encoding_or_stands_around_placeholders_stays_as_it_is_written(text: str) -> None:
    assert decoded(text) is None


def test_the_way_back_leads_to_all_that_was_written_for_a_character() -> None:
    text = "a&#64;b"
    folded = fold(text)
    assert folded.text == "a@b"
    assert [folded.span(at, at + 1) for at in range(3)] == [(0, 1), (1, 6), (6, 7)]
