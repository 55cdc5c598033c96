"""What a preview shows of people: nothing, unless it is asked to."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.pii import Action, Privacy, PrivacyRule
from tests.unit.streams.previews import a_line, a_preview

NAME, MAIL, PHONE = "Ann Lee", "ann.lee@corp.example", "+1 201 555 0187"
KNOWN = [{"type": "PERSON", "value": NAME}]


async def shown(*arguments: Any, reveal: bool = False, **changes: Any) -> dict[str, Any]:
    return await a_preview(reveal=reveal).line(a_line(*arguments, **changes))


async def test_texts_of_the_event_are_masked_as_in_the_prompt() -> None:
    found = await shown("e1", f"{NAME} of {MAIL}", title=f"Call {NAME}", identifiers=KNOWN)
    (event,) = found["events"]
    assert event["text"] == "<PERSON_1> of <EMAIL_1>"
    assert event["title"] == "Call <PERSON_1>"
    prompt = found["outcomes"][0]["messages"][1]["content"]
    assert "<PERSON_1> of <EMAIL_1>" in prompt


async def test_placeholders_have_no_originals() -> None:
    found = await shown("e1", f"{NAME} of {MAIL}", identifiers=KNOWN)
    assert found["outcomes"][0]["placeholders"] == {"<PERSON_1>": None, "<EMAIL_1>": None}


async def test_with_reveal_event_and_placeholders_show_the_originals_and_the_prompt_none() -> None:
    found = await shown("e1", f"{NAME} of {MAIL}", identifiers=KNOWN, reveal=True)
    assert found["events"][0]["text"] == f"{NAME} of {MAIL}"
    assert found["outcomes"][0]["placeholders"] == {"<PERSON_1>": NAME, "<EMAIL_1>": MAIL}
    assert NAME not in found["outcomes"][0]["messages"][1]["content"]


async def test_identifiers_are_masked_also_where_the_scrubber_leaves_their_type_alone() -> None:
    known = [{"type": "ORGANIZATION", "value": "Initech <3"}, {"type": "NICKNAME", "value": "Al"}]
    (event,) = (await shown("e1", "Hi", identifiers=known))["events"]
    assert [identifier["value"] for identifier in event["identifiers"]] == ["<ORGANIZATION>", "<NICKNAME>"]


async def test_a_column_that_bears_the_name_of_one_of_ours_is_masked_as_any_other() -> None:
    names = ("source", "tenant", "department", "record_id", "role", "type", "language", "lane", "sent_at", "entity")
    (event,) = (await shown("e1", "Hi", fields=dict.fromkeys(names, f"ask {MAIL}")))["events"]
    assert set(event["fields"].values()) == {"ask <EMAIL_1>"}


async def test_a_columns_name_is_masked_like_its_value() -> None:
    event = await shown(fields={"ann@x.example": "yes"}, attributes={"ann@x.example": "no"})
    assert "ann@x.example" not in json.dumps(event)


async def test_who_speaks_and_as_what_is_masked() -> None:
    messages = [{"author": NAME, "role": f"boss of {MAIL}", "text": "Hi", "sent_at": "2026-11-24T00:00:00Z"}]
    (event,) = (await shown("e1", "Hi", messages=messages))["events"]
    assert event["messages"] == [
        {"author": "<PERSON_1>", "role": "boss of <EMAIL_1>", "text": "Hi", "sent_at": "2026-11-24T00:00:00.000Z"}
    ]


async def test_what_says_where_the_event_belongs_is_shown() -> None:
    (event,) = (await shown("e1", "Hi", department="sales", language="de-AT"))["events"]
    kept = ("event_id", "source", "tenant", "department", "entity", "record_id", "operation", "occurred_at", "language")
    assert [event[name] for name in kept] == [
        "e1", "zendesk/acme", "acme", "sales", "Ticket", "5012", "UPDATE", "2026-11-24T00:00:00.000Z", "de-AT",
    ]  # fmt: skip


@pytest.mark.parametrize("place", ["source", "tenant", "department", "entity", "record_id", "language"])
async def test_an_address_in_what_says_where_the_event_belongs_is_masked(place: str) -> None:
    changed: dict[str, Any] = {place: MAIL}
    found = await shown("e1", "Hi", **changed)
    assert found["events"][0][place] == "<EMAIL_1>"
    assert MAIL not in json.dumps(found)


@pytest.mark.parametrize("place", ["tenant", "record_id"])
async def test_an_id_that_looks_like_a_card_is_shown_as_the_id_it_is(place: str) -> None:
    changed: dict[str, Any] = {place: "4111111111111111"}
    found = await shown("e1", "Hi", **changed)
    assert found["events"][0][place] == "4111111111111111"


# Names that no other word holds, so that finding one anywhere is a leak.
names = st.builds(
    "{} {}".format,
    st.sampled_from(["Quirin", "Xaverina", "Zbigniew", "Wolfhilde", "Søren", "Þórunn"]),
    st.sampled_from(["Xanthopoulos", "Okonkwo-Zwick", "O'Quincey", "Grzeszczak", "Ümitoğlu"]),
)
mails = st.builds("{}.{}@corp.example".format, st.sampled_from(["q.x", "zzyzx", "w-77"]), st.integers(100, 999))
phones = st.builds("+1 201 555 01{:02d}".format, st.integers(0, 99))
filler = st.sampled_from(["please call", "is angry with", "\n--\n", "(see mail)", "über alles", "and", ", "])


@st.composite
def telling_values(draw: st.DrawFn) -> tuple[dict[str, Any], list[str]]:
    """Fields of an event with its people's data in any of them, and that data."""
    name, mail, phone = draw(names), draw(mails), draw(phones)
    data = [name, mail, phone]
    texts = st.lists(st.one_of(filler, st.sampled_from(data)), min_size=1, max_size=6).map(" ".join)
    fields = {
        "text": draw(texts),
        "title": draw(st.none() | texts),
        "actor": draw(st.none() | st.sampled_from(data)),
        "fields": draw(st.dictionaries(st.sampled_from(["note", "role", "source", "owner"]), texts)),
        "attributes": draw(st.dictionaries(st.sampled_from(["subject", "type"]), texts)),
        "changed_fields": draw(st.lists(texts, max_size=2)),
        "messages": draw(
            st.lists(st.fixed_dictionaries({"author": st.sampled_from(data), "role": texts, "text": texts}), max_size=2)
        ),
        "identifiers": [
            {"type": "PERSON", "value": name},
            {"type": "EMAIL", "value": mail},
            {"type": "PHONE", "value": phone},
        ],
    }
    return fields, [*data, *name.split(" "), phone.replace(" ", "")]


@settings(max_examples=120, deadline=None)
@given(telling_values())
async def test_no_identifier_of_the_event_is_left_anywhere_in_the_output(
    telling: tuple[dict[str, Any], list[str]],
) -> None:
    fields, data = telling
    text = fields.pop("text")
    output = json.dumps(await shown("e1", text, **fields), ensure_ascii=False)
    assert [one for one in data if one.casefold() in output.casefold()] == []


async def test_a_preview_keeps_to_the_rules_of_the_events_tenant() -> None:
    privacy = Privacy([PrivacyRule(tenant="acme", actions={"EMAIL": Action.DROP}, allow=("Zork Ltd",))])
    answer = await a_preview(privacy=privacy).line(a_line("e1", f"Zork Ltd: {MAIL}"))
    assert answer["events"][0]["text"] == "Zork Ltd: <EMAIL>"
    assert "Zork Ltd: <EMAIL>" in answer["outcomes"][0]["messages"][1]["content"]
    assert answer["outcomes"][0]["placeholders"] == {}


async def test_an_event_that_is_not_read_is_shown_by_the_rules_of_its_tenant() -> None:
    privacy = Privacy([PrivacyRule(tenant="acme", actions={"EMAIL": Action.DROP})])
    answer = await a_preview(privacy=privacy).line(a_line("e1", f"To {MAIL}", operation="SNAPSHOT"))
    assert answer["outcomes"][0]["reason"] == "snapshot"
    assert answer["events"][0]["text"] == "To <EMAIL>"
