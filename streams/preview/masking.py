"""Change events as `preview` shows them: every text that a person may have written, masked as in the prompt."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from processors.kinds.prompt import identifiers_of, texts_of
from processors.pii.policy import STAND_IN
from schemas.event_json import event_to_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from processors.pii import Scrubber
    from schemas.events import CrmEvent

# What our own code wrote, and the event's identity, by which its outcome is found. The columns of a CRM bear any name,
# so these and the next count at the top only, never within `fields`.
_SHOWN_AS_IS = frozenset({"event_id", "operation", "occurred_at", "lane"})

# What says where an event belongs: shown where it looks like an id. A CRM engineer compares these, and a recogniser
# takes many an id for a card or a key. But the entity of a badly mapped form is an address, and a source may be
# `mailto:...` (CloudEvents' own example).
_SHOWN_AS_IDS = frozenset({"source", "tenant", "department", "entity", "record_id", "language"})
_ID = re.compile(r"[\w.:/-]*")

# Maps whose keys come from the source, where a badly mapped form has addresses for names.
_NAMED_BY_THE_SOURCE = frozenset({"fields", "attributes"})

_STAND_IN = re.compile(STAND_IN)


def masked_event(event: CrmEvent, scrubber: Scrubber) -> dict[str, Any]:
    """The event as JSON without the personal data that the scrubber covers."""
    plain = event_to_json(event)
    found: list[str] = []

    def collect(text: str) -> str:
        found.append(text)
        return text

    _walk(plain, collect)
    # The prompt's own texts first, so that a value has the same placeholder here and there.
    leading = texts_of(event).flat()
    texts = iter(scrubber.scrub([*leading, *found], identifiers_of(event)).texts[len(leading) :])
    shown = _walk(plain, lambda _: next(texts))
    for identifier in shown["identifiers"]:
        # Of a type that the scrubber leaves alone, or too short to be looked for: still somebody's.
        if any(letter.isalnum() for letter in _STAND_IN.sub("", identifier["value"])):
            identifier["value"] = f"<{identifier['type']}>"
    return shown


def _walk(event: dict[str, Any], each: Callable[[str], str]) -> dict[str, Any]:
    """The event with `each` applied to its texts, in a fixed order."""
    return {name: value if _is_shown(name, value) else _texts(value, name, each) for name, value in event.items()}


def _is_shown(name: str, value: Any) -> bool:
    return name in _SHOWN_AS_IS or (name in _SHOWN_AS_IDS and isinstance(value, str) and bool(_ID.fullmatch(value)))


def _texts(value: Any, place: str, each: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return each(value)
    if isinstance(value, list):
        return [_texts(item, place, each) for item in value]
    if isinstance(value, dict):
        if place in _NAMED_BY_THE_SOURCE:
            return {each(name): _texts(item, "", each) for name, item in value.items()}
        kept = {"messages": "sent_at", "identifiers": "type"}.get(place)
        return {name: item if name == kept else _texts(item, "", each) for name, item in value.items()}
    return value
