"""The demo's events: enough of them, each with a known ending, and nobody's real data in them."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from processors.kinds import interaction_summary
from processors.kinds.prompt import normalised, texts_of
from processors.kinds.routes import Routes
from schemas.avro import event_schema
from schemas.codec import EventReader, EventWriter, StaticSchemas
from schemas.errors import DataFault
from schemas.events import CrmEvent
from schemas.outcomes import DeadLetterReason, SkipReason
from schemas.sources import SourceRecord, SourceRules, adapter
from streams.demo.sample_events import (
    CASES_TOPIC,
    JOURNEY_EVENT_ID,
    JOURNEY_MARK,
    NATIVE_TOPIC,
    SOURCES,
    Sample,
    Wave,
    long_thread,
    samples,
)

_SCHEMA_ID = 7
_SCHEMAS = StaticSchemas({_SCHEMA_ID: event_schema()})


@pytest.fixture(scope="module")
def all_samples() -> tuple[Sample, ...]:
    return samples(EventWriter(_SCHEMA_ID).write)


def test_at_least_fifty_become_insights_and_every_other_ending_is_expected(all_samples: tuple[Sample, ...]) -> None:
    assert Counter(sample.ending for sample in all_samples) == {
        None: 53,
        SkipReason.DUPLICATE: 5,
        SkipReason.UNCHANGED: 1,
        SkipReason.NO_KIND: 1,
        DeadLetterReason.UNDECODABLE: 1,
    }


def test_they_are_the_same_at_each_call(all_samples: tuple[Sample, ...]) -> None:
    assert samples(EventWriter(_SCHEMA_ID).write) == all_samples


async def test_intake_reads_them_all_but_one(all_samples: tuple[Sample, ...]) -> None:
    adapters = {topic: adapter(name, _SCHEMAS, SourceRules()) for topic, name in SOURCES.items()}
    ids: Counter[str] = Counter()
    unreadable: list[DeadLetterReason] = []
    for offset, sample in enumerate(all_samples):
        record = SourceRecord(sample.topic, 0, offset, 0, sample.key, sample.value, sample.headers)
        try:
            (event,) = await adapters[sample.topic].adapt(record)
        except DataFault as fault:
            unreadable.append(fault.reason)
            continue
        assert isinstance(event, CrmEvent)
        assert event.tenant in {"helio-energy", "cala-bank", "tindra-retail"}
        ids[event.event_id] += 1
    assert unreadable == [DeadLetterReason.UNDECODABLE]
    assert sum(count - 1 for count in ids.values()) == 5


async def test_a_native_value_is_the_event_it_claims_to_be(all_samples: tuple[Sample, ...]) -> None:
    reader = EventReader(_SCHEMAS)
    for sample in all_samples:
        if sample.event is not None:
            assert await reader.read(sample.value) == sample.event
            assert sample.key == sample.event.key


def test_a_record_never_travels_on_two_topics_nor_back_in_time(all_samples: tuple[Sample, ...]) -> None:
    newest: dict[bytes, tuple[str, int]] = {}
    for sample in all_samples:
        if sample.event is None or sample.ending is SkipReason.DUPLICATE:
            continue
        topic, occurred_at = newest.get(sample.key, (sample.topic, 0))
        assert topic == sample.topic
        assert occurred_at <= sample.event.occurred_at
        newest[sample.key] = (topic, sample.event.occurred_at)


def test_repeats_come_after_their_originals_some_at_once_and_some_later(all_samples: tuple[Sample, ...]) -> None:
    seen: set[str] = set()
    waves = Counter[Wave]()
    for sample in all_samples:
        if sample.ending is SkipReason.DUPLICATE:
            assert sample.label in seen
            waves[sample.wave] += 1
        seen.add(sample.label)
    assert waves[Wave.AT_START] == 2
    assert waves[Wave.AFTERWARDS] == 3


def test_three_tenants_four_languages_and_both_topics_occur(all_samples: tuple[Sample, ...]) -> None:
    events = [sample.event for sample in all_samples if sample.event is not None]
    assert {event.language for event in events} == {"en", "de", "es", "fr"}
    assert {event.entity for event in events} == {"Ticket", "Email", "Call", "Note"}
    assert {sample.topic for sample in all_samples} == {NATIVE_TOPIC, CASES_TOPIC}
    assert any(len({message.author for message in event.messages}) >= 3 for event in events if event.entity == "Call")


def test_what_is_meant_to_be_read_is_read(all_samples: tuple[Sample, ...]) -> None:
    routes = Routes.default()
    for sample in all_samples:
        if sample.event is None:
            continue
        routed = routes.route(sample.event)
        assert routed == (SkipReason.NO_KIND if sample.ending is SkipReason.NO_KIND else interaction_summary())


def test_the_update_without_change_has_the_text_of_its_original(all_samples: tuple[Sample, ...]) -> None:
    unchanged = next(sample.event for sample in all_samples if sample.ending is SkipReason.UNCHANGED)
    assert unchanged is not None
    original = next(
        sample.event for sample in all_samples if sample.event and sample.event.record_id == unchanged.record_id
    )
    assert original.event_id != unchanged.event_id
    assert normalised(texts_of(original)) == normalised(texts_of(unchanged))


def test_the_long_thread_is_longer_than_the_demo_allows_a_prompt_to_be() -> None:
    thread = long_thread()
    assert len(thread.messages) == 320
    assert sum(len(message.text) for message in thread.messages) > 60_000
    times = [message.sent_at for message in thread.messages]
    assert times == sorted(times, key=lambda time: time or 0)
    assert (times[-1] or 0) < thread.occurred_at


def test_the_journey_is_about_an_event_that_has_personal_data_and_the_mark(all_samples: tuple[Sample, ...]) -> None:
    event = next(sample.event for sample in all_samples if sample.label == JOURNEY_EVENT_ID)
    assert event is not None
    assert event.identifiers
    assert sum(JOURNEY_MARK in sample.value.decode("utf-8", "replace") for sample in all_samples) == 2  # and its repeat


def test_addresses_are_in_domains_reserved_for_examples(all_samples: tuple[Sample, ...]) -> None:
    text = "\n".join(sample.value.decode("utf-8", "replace") for sample in all_samples)
    domains = set(re.findall(r"@([a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]+)", text))
    assert domains
    assert all(re.search(r"(^|\.)example(\.(com|org|net))?$", domain) for domain in domains)
