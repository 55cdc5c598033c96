"""No text, however malicious, costs more than its length: the event loop holds one event at a time while scrubbing."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from processors.pii import Scrubber, restore
from processors.pii.patterns import cues
from processors.pii.patterns.web import is_personal
from tests.support.cpu_time import cpu_seconds, grows_no_faster_than_its_size, least_cpu_seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

KNOWN = {
    "PERSON": ["Ann Lee", "Will Long"],
    "EMAIL": ["ann.lee@x.example"],
    "PHONE": ["+14155550123"],
    "ADDRESS": ["5 High St, Leeds"],
    "USERNAME": ["aaaaaaa"],
}
SMALL = 20_000
MOST_CUE_S = 0.05

# What the patterns are made of: each cue's words, what may stand between, and what makes the search fail at its end.
ALPHABET = (
    *("version", "release", "v", "install", "agent", "build", "api", "ip", "host", "connecting", "block"),
    *("order", "po", "invoice", "steuer", "kunden", "artikel", "konto", "no", "nr", "is", "id", "code", "#", "单号"),
    *("phone", "mobil", "ruf", "llama", "call", "office", "тел", "手机号", "جوال", "card", "karte", "visa", "ssn"),
    *("$", "€", "usd", "kb", "users", "ext", "x", "hi", "from", "customer", "Ann", "Lee", "A.", "A ", "o'", "O'Neil"),
    *(
        " ",
        "  ",
        "\n",
        "\t",
        ".",
        "..",
        "...",
        ":",
        "=",
        "-",
        "_",
        "/",
        ",",
        ";",
        "(",
        ")",
        "[",
        "]",
        "<",
        ">",
        "'",
        '"',
    ),
    *("a", "é", "ß", "王", "\u200b", "\u0301", "\u00ad", "0", "1", "12", "0123", "4155550123", "+1", "+49 ", "4111 "),
    *("10.0.0.5", "1.2.3.4 ", "2001:db8::1", "::", "ann@x.example", "@", "a@", "%40", "%", "?token=", "eyJ", "sk-"),
    *(
        "password",
        "passwort: ",
        "pin ",
        "api key",
        "user",
        "dob",
        "born ",
        "account no",
        "passport",
        "пароль",
        "密码",
        "?\n",
    ),
    *(
        "@ann_1 ",
        "postgres://a:",
        "-----BEGIN PRIVATE KEY",
        "sk_live_",
        "SG.",
        "12.03.1984",
        "march ",
        "12345678Z",
        "May I ",
        "Street",
        " Rd",
        "rue ",
        "weg ",
        "Apt ",
        "address: ",
        "PO Box ",
        "LS1 4DY",
        "20095 ",
        "Leeds",
        ", ",
        "\n> ",
        "号",
        "路",
    ),
    *("&#64;", "&nbsp;", "&", "=40", "=\n", "=C3", "%C3%BC", "\\u00e9"),
    *(" at ", " dot ", "[at]", "arroba", " com", "one ", "double ", "zwei ", "vingt ", "plus "),
    *("https://", "www.", "x.com/in/", "<PERSON_1>", "PERSON_1", "&lt;", "DE89", "DE89 3704 0044 0532 0130 00"),
)
mixes = st.lists(st.sampled_from(ALPHABET), min_size=1, max_size=5).map("".join)
runs = st.lists(st.tuples(st.sampled_from(ALPHABET), st.integers(1, 40)), min_size=1, max_size=5).map(
    lambda parts: "".join(unit * times for unit, times in parts)
)

CUES: Sequence[Callable[[str], bool]] = (
    lambda view: cues.phone_follows(view, len(view)),
    lambda view: cues.card_follows(view, len(view)),
    lambda view: cues.ssn_follows(view, len(view)),
    lambda view: cues.reference_follows(view, len(view)),
    lambda view: cues.version_follows(view, len(view)),
    lambda view: cues.is_phone_label(view, 0),
    lambda view: cues.is_quantity(view, 0),
)

REPEATED = (
    "Ann:\n",
    "Ann: ",
    "Ann/HOU",
    "P/",
    *(
        "A ",
        "A. ",
        "A.",
        "Ann ",
        "Ann-",
        "Ann'",
        "Ann van der ",
        "Ann, ",
        "ANN ",
        "Dear Ann ",
        "my name is ",
        "und Ann ",
    ),
    *("hi penny, ", "name: ", "我叫", "我叫王", "田中様", "أنا خالد ", "김민수님"),
    *("a", "@", "a@", "a@a.", "a@b.cc ", "1", "1 ", "12 ", "1-", "+1 ", "(", "1.", "1.1.1.1 ", "0 ", "01 23 45 67 89 "),
    *(
        "call 1234567 ",
        "eyJ",
        "eyJaaaaa-",
        "eyJaaaaaaa.",
        "http://",
        "http://a/?",
        "https://1.1.1.1/",
        "www.",
        "x.com/in/",
    ),
    *(
        "ab12",
        "ab12 3456",
        "DE89 3704 0044 0532 0130 0",
        "ab:",
        "1:2:",
        "<",
        "<PERSON_",
        "<PERSON_1>",
        "PERSON 1 ",
        "&lt;",
    ),
    *(
        "ann ",
        "a. ",
        "ann lee ",
        "Will ",
        "Lee ",
        "\n",
        "4111 1111 1111 ",
        "sk-",
        "https://x/?tokentoken",
        "5 high st, ",
    ),
    *(
        "password ",
        "password: a",
        "key ",
        "key: a1",
        "pin 12",
        "user: a",
        "@a1b ",
        "dob 1",
        "born in ",
        "account no. 1",
    ),
    *(
        "passport 12-",
        "your pin?\na: ",
        "-----BEGIN PRIVATE KEY",
        "postgres://a:b",
        "sk_live_a",
        "SG.",
        "110201543:AA",
        "пароль ",
    ),
    *("密码", "1 May ", "(dob) ", "<td>pin</td>", "12345678Z ", "RSSMRA85T10A562S", 'password"', "account\n"),
    *("\u200b", "a\u0301", "王", "😀", "\ud800", "order ", "version 1.2.3.4 ", '"', '\\"', "[", "_"),
    *(
        "one ",
        "one two ",
        "double five five oh ",
        "vingt ",
        "a at ",
        "a at b dot ",
        "a dot ",
        "(at)",
        "arroba x punto ",
    ),
)


def scrubbing(text: str) -> float:
    """Return the CPU seconds of all that is done to a text: scrubbed, restored, and restored as JSON."""

    def work() -> None:
        scrubbed = Scrubber().scrub([text], KNOWN)
        scrubbed.vault.restore(scrubbed.texts[0])
        restore(text, {"<PERSON_1>": "Ann"}, json=True)

    return cpu_seconds(work)


@pytest.mark.parametrize("unit", REPEATED)
def test_time_grows_with_length_and_no_faster(unit: str) -> None:
    def seconds(size: int) -> float:
        return scrubbing((unit * size)[:size])

    assert grows_no_faster_than_its_size(seconds, SMALL, times=8)


def test_numbers_that_all_look_like_phones_do_not_stop_the_stream() -> None:
    # Each is new to the phone library and valid nowhere; twenty regions at 30 µs each would be 2 s for these 3,000.
    text = "\n".join(f"0{n % 9}{n % 7} {n:07d}" for n in range(3_000))
    assert scrubbing(text) < 4


@given(st.one_of(mixes, runs))
@settings(max_examples=60, deadline=None)
@example("agent" + "." * 34 + " [10.0.0.5] ")
@example("<PERSON_1> ann@x.example ")
@example("x" + ")" * 40)
def test_whatever_a_text_repeats_twice_as_much_of_it_takes_twice_as_long(unit: str) -> None:
    def seconds(size: int) -> float:
        return scrubbing((unit * (size // len(unit) + 1))[:size])

    assert grows_no_faster_than_its_size(seconds, SMALL)


@given(st.integers(0, 2**32))
@settings(max_examples=10, deadline=None)
def test_a_random_mix_of_all_that_the_patterns_are_made_of_takes_linear_time(seed: int) -> None:
    units = random.Random(seed).choices(ALPHABET, k=2 * SMALL)

    def seconds(size: int) -> float:
        return scrubbing("".join(units)[:size])

    assert grows_no_faster_than_its_size(seconds, SMALL)


@given(st.one_of(mixes, runs), st.sampled_from(["", "!", "<", ">", "5", "\n"]))
@settings(max_examples=400, deadline=None)
@example("agent" + "." * 34, "!")
@example("agent" + ". " * 15, "!")
@example("order" + ":" * 40, "!")
def test_no_text_gives_the_words_before_a_number_a_second_reading(unit: str, last: str) -> None:
    view = ((unit * 64)[:63] if len(unit) < 30 else unit[-63:]) + last
    for cue in CUES:
        assert least_cpu_seconds(lambda: cue(view)) < MOST_CUE_S  # noqa: B023 - called before the loop goes on


def test_a_row_of_dots_between_a_word_and_an_address_is_read_at_once() -> None:
    assert scrubbing("Installing agent................................................ [10.0.0.5] ok") < 1


@given(st.one_of(mixes, runs))
@settings(max_examples=60, deadline=None)
def test_a_link_of_anything_is_judged_in_linear_time(unit: str) -> None:
    def seconds(size: int) -> float:
        link = "https://" + (unit * (size // len(unit) + 1))[:size]
        return cpu_seconds(lambda: is_personal(link))

    assert grows_no_faster_than_its_size(seconds, SMALL)


def letters(number: int, shift: int = 0) -> str:
    """Give a word of letters, another for each number."""
    return "".join(chr(97 + (ord(digit) - 48 + shift) * 2 % 26) for digit in f"{number:06d}")


KNOWN_OF_MANY: Mapping[str, tuple[str, Callable[[int], str]]] = {
    "names": ("PERSON", lambda n: f"{letters(n)} {letters(n, 11)}"),
    "one first name": ("PERSON", lambda n: f"ann {letters(n)}"),
    "names with an apostrophe": ("PERSON", lambda n: f"o'{letters(n)}"),
    "names without spaces": (
        "PERSON",
        lambda n: "".join(chr(0x4E00 + (n >> shift) % 64 + shift) for shift in (12, 6, 0)),
    ),
    "names with digits": ("PERSON", lambda n: f"Zork{n:06d}"),
    "accounts": ("ACCOUNT", lambda n: f"{n * 7919 + 10**9}"),
    "e-mail addresses": ("EMAIL", lambda n: f"{letters(n)}.{letters(n, 5)}@x.example"),
    "phones": ("PHONE", lambda n: f"+1415555{n:04d}"),
}


@pytest.mark.parametrize("texts_are_one", [False, True])
@pytest.mark.parametrize("kind", KNOWN_OF_MANY)
def test_four_times_as_many_messages_by_as_many_people_take_four_times_as_long(
    kind: str, *, texts_are_one: bool
) -> None:
    known_as, value = KNOWN_OF_MANY[kind]

    def seconds(size: int) -> float:
        values = [value(n) for n in range(size)]
        texts = [f"{value} said hello to all of us" for value in values]
        texts = ["\n".join(texts)] if texts_are_one else texts
        masked = []

        def work() -> None:
            masked.append(Scrubber().scrub(texts, {known_as: values}).redactions.total())

        taken = cpu_seconds(work)
        assert masked[0] >= size
        return taken

    assert grows_no_faster_than_its_size(seconds, 750, times=4)
