"""No text, however malicious, costs more than its length: the event loop holds one event at a time while scrubbing."""

from __future__ import annotations

import time

import pytest

from processors.pii import Scrubber, restore

KNOWN = {
    "PERSON": ["Ann Lee", "Will Long"],
    "EMAIL": ["ann.lee@x.example"],
    "PHONE": ["+14155550123"],
    "ADDRESS": ["5 High St, Leeds"],
    "USERNAME": ["aaaaaaa"],
}
SMALL, LARGE = 20_000, 160_000
# Quadratic time would be 64 times as much for eight times the text. Twenty leaves room for a busy machine.
MOST_RATIO = 20
FLOOR_S = 0.02

REPEATED = (
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
    *("\u200b", "a\u0301", "王", "😀", "\ud800", "order ", "version 1.2.3.4 ", '"', '\\"', "[", "_"),
)


def cpu_seconds(text: str) -> float:
    started = time.process_time()
    scrubbed = Scrubber().scrub([text], KNOWN)
    scrubbed.vault.restore(scrubbed.texts[0])
    restore(text, {"<PERSON_1>": "Ann"}, json=True)
    return time.process_time() - started


@pytest.mark.parametrize("unit", REPEATED)
def test_time_grows_with_length_and_no_faster(unit: str) -> None:
    small = min(cpu_seconds((unit * SMALL)[:SMALL]) for _ in range(2))
    assert cpu_seconds((unit * LARGE)[:LARGE]) < MOST_RATIO * max(small, FLOOR_S)


def test_numbers_that_all_look_like_phones_do_not_stop_the_stream() -> None:
    # Each is new to the phone library and valid nowhere; twenty regions at 30 µs each would be 2 s for these 3,000.
    text = "\n".join(f"0{n % 9}{n % 7} {n:07d}" for n in range(3_000))
    assert cpu_seconds(text) < 4
