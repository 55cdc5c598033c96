"""A topic that a connector makes later is read without a restart."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from streams.intake.new_sources import NewSources
from tests.unit.streams.intake_bench import ScriptedAdapter


class FakeConductor(list[SimpleNamespace]):
    """What Faust's conductor has that is used: its channels, what it is subscribed to, and a flag."""

    def __init__(self, *topics: str) -> None:
        """Subscribe one channel to the topics."""
        super().__init__([SimpleNamespace(topics=list(topics))])
        self._topic_name_index = set(topics)
        self._resubscribe_sleep_lock_seconds = 45.0
        self.flagged = 0

    def _flag_changes(self) -> None:
        self.flagged += 1


def a_watch(conductor: FakeConductor, adapters: dict[str, Any]) -> NewSources:
    return NewSources(
        cast("Any", SimpleNamespace(topics=conductor)),
        adapters,
        ask=dict,
        adapter_named=lambda _: cast("Any", ScriptedAdapter()),
    )


def test_a_new_topic_is_adapted_and_subscribed_to() -> None:
    conductor, adapters = FakeConductor("crm.calls"), {"crm.calls": ScriptedAdapter()}
    a_watch(conductor, adapters).add({"crm.calls": "native", "crm.notes": "debezium"})
    assert sorted(adapters) == ["crm.calls", "crm.notes"]
    assert (conductor[0].topics, conductor.flagged) == (["crm.calls", "crm.notes"], 1)


def test_known_topics_cause_no_rebalance() -> None:
    conductor, adapters = FakeConductor("crm.calls"), {"crm.calls": ScriptedAdapter()}
    a_watch(conductor, adapters).add({"crm.calls": "native"})
    assert conductor.flagged == 0


def test_what_faust_forgot_during_a_rebalance_is_asked_for_again() -> None:
    conductor, adapters = FakeConductor("crm.calls"), {"crm.calls": ScriptedAdapter()}
    watch = a_watch(conductor, adapters)
    for _ in range(2):
        watch.add({"crm.notes": "debezium"})
    assert conductor.flagged == 2
