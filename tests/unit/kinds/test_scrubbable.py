"""An event of any size is cut down, by the rules of the budget, before it costs time to scrub it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from processors.kinds.prompt import fit_message, scrubbable, texts_of
from processors.tokens import tokenizer_for
from schemas.events import CrmEvent, Message
from tests.support.cpu_time import cpu_seconds

TOKENIZER = tokenizer_for("gpt-5-mini")
BOUNDARY = "vsndfctqxtcr"


def an_event(**changes: Any) -> CrmEvent:
    event = CrmEvent(event_id="e1", source="test", entity="Ticket", record_id="7", occurred_at=0)
    return msgspec.structs.replace(event, **changes)


def tokens_of(event: CrmEvent) -> int:
    return sum(TOKENIZER.count(part.whole) for part in texts_of(event).parts())


def test_an_event_of_usual_size_is_scrubbed_whole() -> None:
    event = an_event(text="word " * 5_000)
    assert scrubbable(event, 500, TOKENIZER) == (texts_of(event), 0)


@pytest.mark.parametrize("number", [5_000, 50_000])
def test_the_oldest_of_very_many_messages_are_not_scrubbed_and_count_as_dropped(number: int) -> None:
    event = an_event(text="Call.", messages=tuple(Message(author="Ann Lee", text=f"Yes {n}.") for n in range(number)))
    kept, dropped = scrubbable(event, 500, TOKENIZER)
    assert kept.sections[0].text == "Call."
    assert kept.sections[-1].text == f"Yes {number - 1}."
    assert len(kept.sections) < 5_000
    assert dropped == tokens_of(event) - sum(TOKENIZER.count(part.whole) for part in kept.parts())


def test_messages_without_text_push_none_with_a_text_out() -> None:
    event = an_event(messages=(Message(text="Hello."), *(Message(text=" ") for _ in range(50_000))))
    assert scrubbable(event, 500, TOKENIZER)[0].flat() == ("", "Hello.", "")


@pytest.mark.parametrize(
    "changes",
    [
        {"text": "word " * 100_000, "fields": {f"f{n}": "x " * 50 for n in range(2_000)}},
        {"fields": {f"f{n}": f"v{n}" for n in range(50_000)}},
        {"messages": tuple(Message(text=f"Yes {n}.") for n in range(50_000))},
        {"title": "word " * 40_000, "messages": tuple(Message(text="word " * 40_000) for _ in range(3))},
    ],
)
def test_what_is_scrubbed_still_fills_the_budget(changes: dict[str, Any]) -> None:
    kept, _ = scrubbable(an_event(**changes), 16_000, TOKENIZER)
    masked = kept.masked(kept.flat())
    assert fit_message(masked, BOUNDARY, 16_000, TOKENIZER).input_tokens >= 0.9 * 16_000


def test_a_text_that_is_cut_before_it_is_scrubbed_is_known_as_cut() -> None:
    kept, dropped = scrubbable(an_event(text="word " * 200_000), 500, TOKENIZER)
    assert [section.cut for section in kept.sections] == [True]
    assert dropped > 150_000


@pytest.mark.parametrize(
    "changes",
    [
        {"messages": tuple(Message(text="x") for _ in range(200_000))},
        {"fields": {f"f{n}": f"v{n}" for n in range(70_000)}},
        {"fields": {f"f{n}": "v" for n in range(50_000)}, "unchanged_fields": tuple(f"g{n}" for n in range(50_000))},
        {"text": "call +1 415 555 0123 or 415-555-0188. " * 26_000},
    ],
    ids=["messages", "fields", "unchanged fields", "one text"],
)
def test_a_megabyte_is_cut_down_in_little_time(changes: dict[str, Any]) -> None:
    event = an_event(**changes)
    # Measured: 0.2 to 0.6 s. Anything that grows with the square of its number takes minutes.
    assert cpu_seconds(lambda: scrubbable(event, 16_000, TOKENIZER)) < 5
