"""What is shown of a value in a log line or a traceback names ids and sizes, never what a person wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from schemas.events import CrmEvent, Identifier, Message
from schemas.outcomes import Insight
from schemas.sources.cloudevents.adapter import CloudEvent
from schemas.sources.mapping import map_row
from tests.unit.schemas.builders import a_record, an_event, an_insight

if TYPE_CHECKING:
    from schemas.sources import SourceRecord

SECRET = "ann@x.example"


def a_telling_event() -> CrmEvent:
    return an_event(
        title=SECRET,
        text=SECRET,
        entity=SECRET,
        actor=SECRET,
        messages=(Message(author=SECRET, role=SECRET, text=SECRET),),
        fields={SECRET: SECRET},
        changed_fields=(SECRET,),
        identifiers=(Identifier(SECRET, SECRET),),
        attributes={SECRET: SECRET},
    )


def a_telling_record() -> SourceRecord:
    return a_record({"text": SECRET}, key=SECRET, headers={"note": SECRET})


@pytest.mark.parametrize(
    "value",
    [
        a_telling_event(),
        a_telling_event().messages[0],
        a_telling_event().identifiers[0],
        an_insight(executive_summary=SECRET, action_items=(SECRET,), answer_json=SECRET),
        Insight(an_insight(executive_summary=SECRET)),
        a_telling_record(),
        CloudEvent({"subject": SECRET}, SECRET),
        map_row({"email": SECRET, "note": SECRET, SECRET: "x"}, entity="Contact", record_id="1"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_no_text_is_shown(value: Any) -> None:
    assert SECRET not in repr(value)
    assert SECRET not in str(value)
    assert SECRET not in f"{[value]}"


def test_an_event_is_shown_by_its_id() -> None:
    assert repr(an_event()) == "<CrmEvent 'evt-1'>"
