"""Whatever comes in whatever order: every event ends once, in the order of its record, and offsets never pass one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.streams.asking import a_refusal
from tests.unit.streams.bench import EnrichBench, a_bench, an_event
from tests.unit.streams.kafka import INSIGHTS, Sent, settle

if TYPE_CHECKING:
    from schemas.events import CrmEvent


@dataclass
class Story:
    """What has been delivered, and what the worker must make of it."""

    bench: EnrichBench
    delivered: list[CrmEvent] = field(default_factory=list)

    async def deliver(self, record: int, text: int, *, moment: int, copy_of: int | None) -> None:
        events = [event for event in self.delivered if event.event_id]
        if copy_of is not None and events:
            event = events[copy_of % len(events)]
        else:
            name = f"e{len(self.delivered)}"
            words = f"text {text}" if text else None
            event = an_event(name, words, record_id=f"{record}", occurred_at=1_000 + moment)
        self.delivered.append(event)
        await self.bench.deliver(event)

    async def deliver_raw(self, record: int, *, tombstone: bool) -> None:
        """Bytes that are no event, or none at all, under the key of a record."""
        stand_in = an_event("", None, record_id=f"{record}")
        self.delivered.append(stand_in)
        await self.bench.deliver_raw(None if tombstone else b"no avro", key=stand_in.key)

    async def answer(self, which: int, *, well: bool) -> None:
        open_calls = [call for call in self.bench.caller.calls if call.open]
        if open_calls:
            call = open_calls[which % len(open_calls)]
            if well:
                call.answer()
            else:
                call.fail(a_refusal())
            await settle()

    async def acknowledge(self, count: int) -> None:
        """The broker answers for the next insights of the producer's order."""
        for sent in self.unacknowledged()[:count]:
            sent.acknowledge()
        await settle()

    def unacknowledged(self) -> list[Sent]:
        return [sent for sent in self.bench.producer.on(INSIGHTS) if not sent.future.done()]

    async def rebalance(self) -> None:
        # What is sent while the broker answers must be answered too, or the worker leaves at the revocation.
        while self.unacknowledged():
            await self.acknowledge(1_000)
        await self.bench.rebalance(0)

    async def finish(self) -> None:
        """Let everything come to its end."""
        for _ in range(20 * len(self.delivered) + 20):
            if self.bench.committed() == len(self.delivered):
                return
            for call in self.bench.caller.calls:
                if call.open:
                    call.answer()
            await settle()
            await self.acknowledge(1_000)
        raise AssertionError(f"only {self.bench.committed()} of {len(self.delivered)} have ended")


steps = st.one_of(
    st.tuples(
        st.just("deliver"),
        st.integers(0, 2),
        st.integers(0, 3),
        st.integers(0, 2),
        st.none() | st.integers(0, 50),
    ),
    st.tuples(st.just("raw"), st.integers(0, 2), st.booleans()),
    st.tuples(st.just("answer"), st.integers(0, 20), st.sampled_from([True, True, False])),
    st.tuples(st.just("acknowledge"), st.integers(1, 3)),
    st.tuples(st.just("rebalance")),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(steps, min_size=5, max_size=40), st.integers(1, 6))
async def test_every_event_ends_once_and_in_the_order_of_its_record(
    story_steps: list[tuple[object, ...]], max_in_flight: int
) -> None:
    async with a_bench(by_itself=False, max_in_flight=max_in_flight) as bench:
        bench.producer.acknowledges = lambda sent: sent.topic != INSIGHTS
        story = Story(bench)
        for step in story_steps:
            match step:
                case ("deliver", int(record), int(text), int(moment), int() | None as copy_of):
                    await story.deliver(record, text, moment=moment, copy_of=copy_of)
                case ("raw", int(record), bool(tombstone)):
                    await story.deliver_raw(record, tombstone=tombstone)
                case ("answer", int(which), bool(well)):
                    await story.answer(which, well=well)
                case ("acknowledge", int(count)):
                    await story.acknowledge(count)
                case _:
                    await story.rebalance()
        await story.finish()
        assert bench.agent.running == 0
        assert bench.fatal == []
        assert_each_ended_once(story)
        assert_in_the_order_of_its_record(story)


def assert_each_ended_once(story: Story) -> None:
    published = story.bench.published
    assert len(published) == len(set(published)), "an event has two insights"
    # One ending for each delivery, however often it was delivered again.
    assert len(story.bench.endings) == len(story.delivered)
    assert sorted(event_id for event_id, _ in story.bench.endings) == sorted(e.event_id for e in story.delivered)


def assert_in_the_order_of_its_record(story: Story) -> None:
    # Bytes that are no event have no record that could be told; their place among the others is not.
    record_of = {event.event_id: event.record for event in story.delivered if event.event_id}
    for record in set(record_of.values()):
        ended = [event_id for event_id, _ in story.bench.endings if record_of.get(event_id) == record]
        assert ended == [e.event_id for e in story.delivered if e.event_id and e.record == record]
