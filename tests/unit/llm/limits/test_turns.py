"""Whose turn it is."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from processors.llm.limits import FairQueue, Flow
from schemas.events import Lane

LANES = st.sampled_from(Lane)
ITEMS = st.lists(st.tuples(LANES, st.sampled_from("abc"), st.floats(0, 20_000)), max_size=60)


def a_queue(*items: tuple[Flow, float]) -> FairQueue[tuple[Flow, int]]:
    queue: FairQueue[tuple[Flow, int]] = FairQueue()
    for number, (flow, cost) in enumerate(items):
        queue.push(flow, cost, (flow, number))
    return queue


def order(queue: FairQueue[tuple[Flow, int]]) -> list[tuple[Flow, int]]:
    taken = []
    while (item := queue.pop()) is not None:
        taken.append(item)
    return taken


def test_one_tenant_alone_is_served_in_the_order_of_coming() -> None:
    assert [number for _, number in order(a_queue(*[(Flow(tenant="a"), 2_000.0)] * 9))] == list(range(9))


def test_a_tenant_that_comes_late_has_every_second_turn_and_not_the_last_one() -> None:
    queue = a_queue(*[(Flow(tenant="flood"), 2_000.0)] * 100, *[(Flow(tenant="late"), 2_000.0)] * 10)
    first = [flow.tenant for flow, _ in order(queue)[:20]]
    assert Counter(first) == {"flood": 10, "late": 10}


def test_tenants_share_tokens_and_not_requests() -> None:
    queue = a_queue(*[(Flow(tenant="long"), 10_000.0)] * 100, *[(Flow(tenant="short"), 1_000.0)] * 1_000)
    first = Counter(flow.tenant for flow, _ in order(queue)[:110])
    assert first["long"] * 10 == first["short"]


def test_an_event_that_somebody_waits_for_has_four_turns_to_one_of_a_backfill() -> None:
    queue = a_queue(*[(Flow(Lane.BATCH), 2_000.0)] * 100, *[(Flow(Lane.REALTIME), 2_000.0)] * 100)
    assert Counter(flow.lane for flow, _ in order(queue)[:50]) == {Lane.REALTIME: 40, Lane.BATCH: 10}


def test_a_hundred_tenants_of_a_backfill_do_not_outweigh_one_that_somebody_waits_for() -> None:
    backfill = [(Flow(Lane.BATCH, str(number)), 2_000.0) for number in range(100)]
    queue = a_queue(*backfill, *[(Flow(Lane.REALTIME, "a"), 2_000.0)] * 20)
    assert Counter(flow.lane for flow, _ in order(queue)[:25])[Lane.REALTIME] == 20


def test_turns_that_a_lane_did_not_use_are_not_saved_up() -> None:
    queue = a_queue(*[(Flow(Lane.BATCH), 2_000.0)] * 200)
    for _ in range(100):
        queue.pop()
    for number in range(40):
        queue.push(Flow(Lane.REALTIME), 2_000.0, (Flow(Lane.REALTIME), number))
    assert Counter(flow.lane for flow, _ in order(queue)[:50])[Lane.BATCH] == 10


@given(ITEMS)
def test_every_item_comes_out_once_in_its_own_tenants_order(items: list[tuple[Lane, str, float]]) -> None:
    queue = a_queue(*[(Flow(lane, tenant), cost) for lane, tenant, cost in items])
    taken = order(queue)
    assert sorted(number for _, number in taken) == list(range(len(items)))
    assert len(queue) == 0
    for flow in {flow for flow, _ in taken}:
        numbers = [number for one, number in taken if one == flow]
        assert numbers == sorted(numbers)


@given(ITEMS, st.data())
def test_peek_tells_what_pop_takes(items: list[tuple[Lane, str, float]], data: st.DataObject) -> None:
    queue = a_queue(*[(Flow(lane, tenant), cost) for lane, tenant, cost in items])
    for _ in items:
        if data.draw(st.booleans()):
            queue.push(Flow(data.draw(LANES), "d"), 1_000.0, (Flow(), -1))
        seen = queue.peek()
        assert seen is not None
        assert queue.pop() is seen
