"""What the settings say of a table stands over what its columns' names say."""

from __future__ import annotations

from typing import Any

from schemas.events import Identifier
from schemas.sources.mapping import MappedRow, Mappings, TableMapping, map_row


def mapped(rules: TableMapping, **row: Any) -> MappedRow:
    return map_row(row, entity="Ticket", record_id="1", rules=rules)


def test_all_named_text_columns_make_the_text_in_their_order() -> None:
    row = mapped(TableMapping(text=("resolution", "Body")), body="Stuck.", resolution="Restarted.", note="n")
    assert (row.text, row.fields) == ("Restarted.\n\nStuck.", {"note": "n"})


def test_named_columns_take_the_place_of_the_usual_ones() -> None:
    rules = TableMapping(title=("headline",), actor=("agent",), tenant=("customer",), department=("team",))
    row = mapped(rules, headline="H", subject="S", agent="kim", customer=7, team="support", tenant_id="t")
    assert (row.title, row.actor, row.tenant, row.department) == ("H", "kim", "7", "support")
    assert row.fields == {"subject": "S", "tenant_id": "t"}


def test_an_empty_list_takes_a_default_away() -> None:
    assert mapped(TableMapping(text=()), body="x").text is None


def test_a_thread_may_be_json_text() -> None:
    row = mapped(TableMapping(messages=("log",)), log='[{"author": "Ann", "text": "Hi"}]')
    assert [(message.author, message.text) for message in row.messages] == [("Ann", "Hi")]


def test_the_settings_say_what_is_an_identifier_and_what_is_none() -> None:
    rules = TableMapping(identifiers={"openedFor": "PERSON", "name": ""})
    row = mapped(rules, opened_for="Ann Lee", name="Printer 7")
    assert row.identifiers == [Identifier("PERSON", "Ann Lee")]
    assert row.fields == {"name": "Printer 7"}


def test_ignored_columns_and_insight_fields_are_left_out() -> None:
    row = mapped(TableMapping(ignore=("search",), insight_fields=("ai",)), search="x", AI="y", overall_sentiment="z")
    assert row.fields == {}


def test_an_ignored_column_is_no_text_and_no_title_either() -> None:
    row = mapped(TableMapping(ignore=("notes", "summary")), notes="internal", summary="internal", comment="Stuck.")
    assert (row.text, row.title, row.fields) == ("Stuck.", None, {})


def test_binary_values_tell_nothing() -> None:
    assert mapped(TableMapping(), photo=b"\xde\xad", photos=[b"\x00"]).fields == {}


def test_the_most_precise_name_wins_over_the_one_for_all() -> None:
    mappings = Mappings(
        {
            "public.tickets": TableMapping(entity="Ticket", text=("a",)),
            "tickets": TableMapping(entity="Other"),
            "*": TableMapping(entity="Any", actor=("who",)),
        }
    )
    found = mappings.of("crm.public.tickets", "PUBLIC.Tickets", "tickets")
    assert (found.entity, found.text, found.actor) == ("Ticket", ("a",), ("who",))
    assert mappings.of("deals").entity == "Any"
    assert Mappings().of("deals") == TableMapping()
