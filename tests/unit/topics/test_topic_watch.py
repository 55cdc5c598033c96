"""A worker leaves when a topic has grown, or is another topic of the same name, since it began to look."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from streams.settings import Settings
from streams.topics import watch
from streams.topics.admin import TopicIdentity
from streams.topics.watch import TopicsChangedError, TopicWatch

if TYPE_CHECKING:
    from collections.abc import Sequence

EVENTS, INSIGHTS = "crm.events", "crm.insights"

Told = dict[str, TopicIdentity]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    """What the cluster tells; a test changes it between two looks."""
    identities: Told = {EVENTS: TopicIdentity("id-1", 4), INSIGHTS: TopicIdentity("id-2", 4)}

    class ScriptedAdmin:
        def __init__(self, _: Settings) -> None:
            pass

        def identities(self, names: Sequence[str]) -> Told:
            return {name: identities[name] for name in names if name in identities}

    monkeypatch.setattr(watch, "TopicAdmin", ScriptedAdmin)
    return identities


@pytest.mark.usefixtures("told")
def test_topics_that_stay_as_they_are_are_no_news() -> None:
    topics = TopicWatch(Settings())
    topics.look()
    topics.look()


@pytest.mark.parametrize("grown", [EVENTS, INSIGHTS])
def test_a_topic_that_has_grown_is_named_with_both_counts(told: Told, grown: str) -> None:
    topics = TopicWatch(Settings())
    topics.look()
    told[grown] = TopicIdentity(told[grown].topic_id, 8)
    with pytest.raises(TopicsChangedError, match=rf"{grown} had 4 partitions .* has 8 now.*docs/operator.md"):
        topics.look()


def test_a_topic_that_was_made_anew_is_named(told: Told) -> None:
    topics = TopicWatch(Settings())
    topics.look()
    told[INSIGHTS] = TopicIdentity("id-3", 4)
    with pytest.raises(TopicsChangedError, match=r"crm\.insights was deleted and made anew"):
        topics.look()


def test_what_the_cluster_does_not_tell_for_a_while_is_compared_with_what_it_told_before(told: Told) -> None:
    topics = TopicWatch(Settings())
    topics.look()
    events = told.pop(EVENTS)
    topics.look()
    told[EVENTS] = TopicIdentity(events.topic_id, 5)
    with pytest.raises(TopicsChangedError):
        topics.look()
