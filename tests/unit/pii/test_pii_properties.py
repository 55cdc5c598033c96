"""What holds for every text: spans are sound, masking can be undone, and a second pass finds nothing new.

Masking and restoring is the identity up to the form of a value that occurs in several: the first one is put back. What
is masked once is masked wherever it stands as a whole, for the types in LITERAL: a name, a user name or a street of one
word may be a word elsewhere ("Will" of "Will Jones"), and stays there.
"""

# ruff: noqa: RUF001 - look-alike characters are the point

from __future__ import annotations

import json
import re
from itertools import pairwise
from typing import TYPE_CHECKING

from hypothesis import example, given, settings
from hypothesis import strategies as st

from processors.pii import TYPES, Scrubber, ScrubPolicy, restore
from processors.pii.folding import fold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from processors.pii import Scrubbed

KNOWN = {
    "PERSON": [
        "Ann Lee",
        "Will Long",
        "José Müller-Groß",
        "王晓燕",
        "Person Email",
        "Zork77",
        "The Smiths",
        "Not Provided",
    ],
    "EMAIL": ["ann.lee@x.example"],
    "PHONE": ["+14155550123", "020 7946 0018"],
    "ADDRESS": ["5 High St, Leeds"],
    "USERNAME": ["the_tonya"],
    "ACCOUNT": ["12-345", "1-2345"],
    "IBAN": ["DE89370400440532013000"],
}

FRAGMENTS = (
    *("ann.lee@x.example", "Bob@y.example", "'z'@q.example", "@", "\\", "&lt;", "&gt;", "<", ">", "[", "]", "%3C", "_"),
    *(
        "+1 415 555 0123",
        "(415) 555-0123",
        "415.555.0123 ext. 12",
        "020 7946 0018",
        "+44 (0)20 7946 0018",
        "phone",
        "call ",
    ),
    *("7904098484", "order ", "#", "id: ", "€", " EUR", "version ", "10.20.30.40", "1.2.3.4", "192.168.10.20", "IP "),
    *(
        "password: ",
        "pw=hunter2!",
        "passwort ist ",
        "dob ",
        "12.03.1984",
        "1 May 1980",
        "user ",
        "ann_42",
        "@ann_42",
        "pin ",
    ),
    *(
        "account no. ",
        "PESEL 44051401359",
        "12345678Z",
        "482913 is your code",
        "?\nann: ",
        "密码",
        "пароль: ",
        "creds: a42 / b!c",
    ),
    *("4111 1111 1111 1111", "4539-1223-7622-6407", "6011000990139424", "card ", "123-45-6789", "ssn 123456789"),
    *(
        "DE89 3704 0044 0532 0130 00",
        "GB29NWBK60161331926819",
        "2001:db8::ff00:42:8329",
        "10:15:30",
        "2025-01-14",
        "12/27",
    ),
    *("https://x.example/reset?token=abcdef123456", "https://www.linkedin.com/in/ann-lee", "http://10.0.0.7/x", "www."),
    *(
        "<PERSON_1>",
        "person_1",
        "PERSON 2",
        "[EMAIL_1]",
        "<PERSON>",
        "&lt;PHONE_1&gt;",
        "<EMAIL",
        "PHONE_",
        "1",
        "0",
        "7",
    ),
    *("Ann", "LEE", "Lee, Ann", "A. Lee", "ann lee's", "Will", "will", "Hi ", "Long", "Will Long", "José", "Mueller"),
    *("Zork77", "zork", "77", "The", "the ", "Smiths", "not provided", "ann_lee", "12-345", "1-2345"),
    *(
        "王晓燕",
        "晓燕",
        "Person",
        "Email",
        "the tonya",
        "@the_tonya",
        "5 High St\nLeeds",
        "\n",
        " ",
        ". ",
        ", ",
        ": ",
        "-",
    ),
    *(
        "\u200b",
        "\u00ad",
        "\u00a0",
        "\u0301",
        "\ufeff",
        "４",
        "＠",
        "𝟜",
        "😀",
        "é",
        "ß",
        "İ",
        "\ud800",
        "\x00",
        "Ａｎｎ",
    ),
    *(
        "12 High Street",
        "Lindenallee 6",
        ", 20095 Hamburg",
        "Leeds LS1 4DY",
        "Apt 4B",
        "rue des Lilas",
        "zip: 94107",
        "No 5",
    ),
    *(
        "&#64;",
        "&#x40;",
        "&nbsp;",
        "&amp;",
        "%40",
        "=40",
        "=\n",
        "=C3=BC",
        "\\u0040",
        "ann&#64;x.example",
        "ann=40x.com",
    ),
    *("four one five, five five five, oh one two three", " at x dot com", "ann dot lee", "[at]", "one ", "two "),
    *("sk_live_abcdefghij0123456789", "eyJhbGciOi.eyJzdWIi.abc", "x", "a", "said", "from ", "and ", "AND "),
)

pieces = st.one_of(st.sampled_from(FRAGMENTS), st.sampled_from(FRAGMENTS), st.text(max_size=6))
texts = st.lists(pieces, max_size=14).map("".join)
known = st.sampled_from([{}, KNOWN])
scrubber = Scrubber()
scrubber_of_everything = Scrubber(ScrubPolicy.masking(*TYPES))


LITERAL = frozenset({"EMAIL", "PHONE", "CREDIT_CARD", "IBAN", "US_SSN", "IP_ADDRESS", "SECRET", "NATIONAL_ID"})


def rebuilt(text: str, scrubbed: Scrubbed, number: int = 0, *, originals: bool = False) -> str:
    """Put the placeholders (or, for the way back, what the vault holds for each) in the place of the spans."""
    parts, done = [], 0
    for span in scrubbed.spans[number]:
        put = scrubbed.vault.placeholders[span.placeholder] if originals else span.placeholder
        parts += [text[done : span.start], put]
        done = span.end
    return "".join([*parts, text[done:]])


def span_texts(scrubbed: Scrubbed) -> Sequence[str]:
    return [span.text for spans in scrubbed.spans for span in spans]


@given(texts, known)
@settings(max_examples=300, deadline=None)
def test_spans_are_in_order_do_not_overlap_and_quote_the_input(text: str, known: dict[str, list[str]]) -> None:
    spans = scrubber.scrub([text], known).spans[0]
    for span in spans:
        assert 0 <= span.start < span.end <= len(text)
        assert span.text == text[span.start : span.end]
    assert all(before.end <= after.start for before, after in pairwise(spans))


@given(texts, known)
@settings(max_examples=300, deadline=None)
def test_the_masked_text_is_the_input_with_each_span_replaced(text: str, known: dict[str, list[str]]) -> None:
    scrubbed = scrubber.scrub([text], known)
    assert scrubbed.texts[0] == rebuilt(text, scrubbed)


@given(texts, known)
@settings(max_examples=600, deadline=None)
@example("\\ann@x.example\\", {})
@example("&lt;ann@x.example&gt; [bob@x.example] < cy@x.example >", {})
@example("<PERSON> met Ann", KNOWN)
@example("<person_1> PERSON_2 &lt;Person-3&gt; Ann", KNOWN)
def test_masking_then_restoring_is_the_identity_but_for_the_form_of_repeated_values(
    text: str, known: dict[str, list[str]]
) -> None:
    scrubbed = scrubber.scrub([text], known)
    restored = scrubbed.vault.restore(scrubbed.texts[0])
    assert restored.text == rebuilt(text, scrubbed, originals=True)
    if len(set(span_texts(scrubbed))) == len(scrubbed.vault.placeholders):
        assert restored.text == text
    assert restored.unrestorable == ()


@given(st.text(max_size=60))
@settings(max_examples=300, deadline=None)
def test_masking_then_restoring_is_the_identity_for_any_unicode(text: str) -> None:
    scrubbed = scrubber.scrub([text], {"PERSON": [text[:20]], "USERNAME": [text[20:40]]})
    assert scrubbed.vault.restore(scrubbed.texts[0]).text == rebuilt(text, scrubbed, originals=True)


@given(texts, known)
@settings(max_examples=600, deadline=None)
@example("2001:db8:1::ann.lee@x.example", {})
def test_scrubbing_a_masked_text_finds_nothing_new(text: str, known: dict[str, list[str]]) -> None:
    masked = scrubber.scrub([text], known).texts[0]
    assert scrubber.scrub([masked], known).spans[0] == ()


@given(st.text(max_size=60), st.text(max_size=20))
@settings(max_examples=200, deadline=None)
def test_scrubbing_any_unicode_again_finds_nothing_new(text: str, name: str) -> None:
    words = re.findall(r"[^\W_]+", f"{name} {text}")
    known = {"PERSON": words[:2], "USERNAME": words[2:4]}
    masked = scrubber_of_everything.scrub([text], known).texts[0]
    assert scrubber_of_everything.scrub([masked], known).texts == (masked,)


@given(st.lists(texts, min_size=1, max_size=3), known)
@settings(max_examples=300, deadline=None)
def test_a_value_that_is_masked_stands_as_a_whole_in_no_text_of_the_event(
    event: list[str], known: dict[str, list[str]]
) -> None:
    scrubbed = scrubber.scrub(event, known)
    values = {span.text for spans in scrubbed.spans for span in spans if span.type in LITERAL}
    for value in values:
        alone = re.compile(rf"(?<![^\W_]){re.escape(value)}(?![^\W_])")
        assert not any(alone.search(text) for text in scrubbed.texts)


@given(texts, known)
@settings(max_examples=300, deadline=None)
def test_a_disguise_of_a_value_that_is_masked_is_masked_too(text: str, known: dict[str, list[str]]) -> None:
    scrubbed = scrubber.scrub([text], known)
    for span in scrubbed.spans[0]:
        # What sticks out of an overlap is masked by itself and may be any word.
        if (span.type == "EMAIL" and "@" in span.text) or span.type in {"CREDIT_CARD", "IBAN"}:
            value, masked = fold(span.text).text, fold(scrubbed.texts[0]).text
            assert not re.search(rf"(?<![^\W_]){re.escape(value)}(?![^\W_])", masked)


@given(st.lists(texts, min_size=2, max_size=3), known)
@settings(max_examples=200, deadline=None)
def test_a_placeholder_means_one_value_in_all_texts_of_an_event(event: list[str], known: dict[str, list[str]]) -> None:
    scrubbed = scrubber.scrub(event, known)
    by_value: dict[tuple[str, str], str] = {}
    for spans in scrubbed.spans:
        for span in spans:
            assert by_value.setdefault((span.type, span.text), span.placeholder) == span.placeholder
    for number, text in enumerate(event):
        assert scrubbed.texts[number] == rebuilt(text, scrubbed, number)


@given(texts)
@settings(max_examples=200, deadline=None)
def test_a_placeholder_that_stands_in_the_input_is_never_handed_out(text: str) -> None:
    scrubbed = scrubber_of_everything.scrub([text], KNOWN)
    assert not any(placeholder in text for placeholder in scrubbed.vault.placeholders)


@given(st.lists(texts, min_size=1, max_size=4), known)
@settings(max_examples=200, deadline=None)
def test_every_text_of_an_event_is_put_back_by_the_one_vault(event: list[str], known: dict[str, list[str]]) -> None:
    scrubbed = scrubber_of_everything.scrub(event, known)
    for number, text in enumerate(event):
        spans = scrubbed.spans[number]
        assert all(before.end <= after.start for before, after in pairwise(spans))
        assert scrubbed.vault.restore(scrubbed.texts[number]).text == rebuilt(text, scrubbed, number, originals=True)


@given(st.lists(texts, max_size=3), known)
@settings(max_examples=200, deadline=None)
def test_masking_then_restoring_is_the_identity_inside_json(event: list[str], known: dict[str, list[str]]) -> None:
    scrubbed = scrubber.scrub(event, known)
    answer = json.dumps({"texts": scrubbed.texts})
    restored = restore(answer, scrubbed.vault.placeholders, json=True)
    expected = [scrubbed.vault.restore(text).text for text in scrubbed.texts]
    if not any(mark in "".join(event) for mark in ("PERSON", "EMAIL", "PHONE", "person")):
        assert json.loads(restored.text) == {"texts": expected}


@given(st.text(max_size=80))
@settings(max_examples=300, deadline=None)
def test_folding_keeps_the_way_back_for_any_text(text: str) -> None:
    folded = fold(text)
    assert len(folded.text) == len(folded.lower) == len(folded.raw)
    for at in range(len(folded.text)):
        start, end = folded.span(at, at + 1)
        assert text[start:end] == folded.source[start:end] != ""
        assert 0 <= start < len(text)
