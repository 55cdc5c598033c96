"""An enrichment with the real processors, and an event with something of a person in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from processors.enrichment import Enrichment, EnrichmentRules, Prepared
from processors.kinds import Routes
from processors.llm.prices import PriceBook
from processors.pii import Privacy
from processors.tokens import tokenizer_for
from schemas.events import CrmEvent, Identifier, Message
from tests.unit.streams.asking import ScriptedCaller, an_answer
from tests.unit.streams.bench import an_event

if TYPE_CHECKING:
    from schemas.insights import CrmInsight

DEFAULT_PRIVACY = Privacy()

ENRICHED_AT = 1_764_032_410_000
NAME, MAIL = "Ann Lee", "ann.lee@corp.example"


def an_enrichment(
    caller: Any = None, *, snapshot: str = "skip", privacy: Privacy = DEFAULT_PRIVACY, **rules: Any
) -> Enrichment:
    given_rules: dict[str, Any] = {"model": "gpt-5-mini", "max_input_tokens": 2_000, "salt": "a-salt-of-sixteen"}
    return Enrichment(
        EnrichmentRules(**(given_rules | rules)),
        routes=Routes.default(snapshot),
        privacy=privacy,
        tokenizer=tokenizer_for("gpt-5-mini"),
        prices=PriceBook(),
        caller=caller,
    )


def a_telling_event(**changes: Any) -> CrmEvent:
    return an_event(
        "e1",
        f"{NAME} <{MAIL}> wants to cancel.",
        **({"department": "sales", "actor": "u-7", "identifiers": (Identifier("PERSON", NAME),)} | changes),
    )


def prepared(event: CrmEvent | None = None, **rules: Any) -> Prepared:
    found = an_enrichment(**rules).prepare(event or a_telling_event())
    assert isinstance(found, Prepared)
    return found


def planted(value: str) -> dict[str, Any]:
    """Every field of a `CrmEvent` that holds strings, each with `value` wherever a string may stand in it."""
    found: dict[str, Any] = {}
    for field in msgspec.structs.fields(CrmEvent):
        match field.name:
            case "messages":
                found[field.name] = (Message(author=value, role=value, text=value),)
            case "identifiers":
                found[field.name] = (Identifier(value, value),)
            case "fields" | "attributes":
                found[field.name] = {value: value}
            case name if name.endswith("_fields"):
                # As a name that is no field's: a field whose value is unchanged would not be sent at all.
                found[name] = (value + ".",)
            case "operation" | "lane" | "occurred_at":
                pass
            case name:
                found[name] = value
    return found


async def insight_on(event: CrmEvent, answer: str | None = None, **rules: Any) -> CrmInsight:
    caller = ScriptedCaller()
    caller.by_itself = lambda _: answer or an_answer()
    enrichment = an_enrichment(caller, **rules)
    found = enrichment.prepare(event)
    assert isinstance(found, Prepared)
    return await enrichment.read(found, now_ms=lambda: ENRICHED_AT)
