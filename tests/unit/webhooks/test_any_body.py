"""Any body at all ends as events, skips and requests to fetch, or as a data fault; it never hangs or crashes."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.errors import DataFault
from schemas.sources import TableMapping, adapter
from tests.support.cpu_time import cpu_seconds
from tests.unit.schemas.builders import any_text, written
from tests.unit.webhooks.bodies import NAMES, a_delivery, rules, sample, source_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SOURCES = sorted({source_of(name) for name in NAMES})
SAID = rules("us", **{"*": TableMapping(text=("body", "note"), messages=("thread",), identifiers={"who": "PERSON"})})

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | any_text
    | st.sampled_from(
        ["/Date(1e9)/", "/Date(99999999999999999)/", "https://[", "0" * 5000, 2**63, -(2**70), "us", "<p>a"]
    )
)


def names_in(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from names_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from names_in(inner)


KNOWN = sorted({name for sample_name in NAMES for name in names_in(sample(sample_name)[0])})
names = st.sampled_from([*KNOWN, "contacts", "Entities", "Value", "Name", "parties", "content", "brief"]) | any_text
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=6), max_leaves=25
)


async def ends(source: str, body: Any, headers: Mapping[str, str] | None = None) -> None:
    """Let the adapter read a body; whatever it makes of it can be written."""
    try:
        items = await adapter(source, None, SAID).adapt(a_delivery(body, headers))
    except DataFault:
        return
    written(items)


@given(st.sampled_from(SOURCES), values)
async def test_any_json_ends(source: str, body: Any) -> None:
    await ends(source, json.dumps(body))


@given(st.sampled_from(SOURCES), st.binary(max_size=200))
async def test_any_bytes_end(source: str, body: bytes) -> None:
    await ends(source, body)


@given(st.dictionaries(st.sampled_from(sorted(sample("twilio-transcription")[0].split("&"))) | any_text, any_text))
async def test_any_form_ends(fields: dict[str, str]) -> None:
    await ends("twilio", urlencode({name.partition("=")[0]: text for name, text in fields.items()}, errors="replace"))


@settings(max_examples=400)
@given(st.data())
async def test_samples_with_a_value_replaced_removed_or_repeated_end(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(NAMES))
    body, headers = sample(name)
    if isinstance(body, str):
        place = data.draw(st.integers(0, len(body)))
        await ends(
            source_of(name), body[:place] + data.draw(any_text) + body[data.draw(st.integers(0, len(body))) :], headers
        )
        return
    for _ in range(data.draw(st.integers(1, 4))):
        change(body, data)
    await ends(source_of(name), json.dumps(body), headers if data.draw(st.booleans()) else {})


def change(body: Any, data: st.DataObject) -> None:
    """Change one place in a body, wherever a walk from the top happens to end."""
    here = body
    while True:
        places = list(here) if isinstance(here, dict) else list(range(len(here)))
        if not places:
            return
        place = data.draw(st.sampled_from(places))
        inner = here[place]
        if isinstance(inner, dict | list) and data.draw(st.integers(0, 3)):
            here = inner
            continue
        how = data.draw(st.sampled_from(["replace", "remove", "repeat"]))
        if how == "remove":
            del here[place]
        elif how == "replace":
            here[place] = data.draw(values)
        else:
            here[place] = [inner, inner]
        return


ODD: tuple[Any, ...] = (
    None, "", "x", "\ud83d\0", "/Date(1)/", 0, -1, 2**70, 1.5, True, [], [None], ["x"], [[]], [{}], {}, {"x": None},
    {"type": {}, "id": [], "value": {"value": []}, "Value": {"Value": None}, "Attributes": 3, "Entities": [3]},
)  # fmt: skip


def with_each_place_odd(body: Any) -> Iterator[Any]:
    """The body with one value after the other replaced by each odd one, or left out."""
    yield from ODD
    places = list(body.items()) if isinstance(body, dict) else list(enumerate(body)) if isinstance(body, list) else []
    for place, inner in places:
        for odd in with_each_place_odd(inner):
            changed = body.copy()
            changed[place] = odd
            yield changed
        less = body.copy()
        del less[place]
        yield less


@pytest.mark.parametrize("name", [name for name in NAMES if not isinstance(sample(name)[0], str)])
async def test_samples_with_any_one_value_odd_end(name: str) -> None:
    body, headers = sample(name)
    for changed in with_each_place_odd(body):
        await ends(source_of(name), json.dumps(changed), headers)


NESTED = '{"a":' * 900 + "1" + "}" * 900


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize(
    "hostile",
    [
        NESTED,
        "[" * 100_000,
        "<a a='" * 50_000,
        "&#" + "9" * 100_000 + ";",
        "https://" + "[" * 100_000,
        "{from:" * 50_000,
    ],
    ids=["deep", "brackets", "tags", "entity", "link", "braces"],
)
def test_hostile_texts_end_soon(source: str, hostile: str) -> None:
    bodies: list[Any] = [hostile]
    for name in NAMES:
        if source_of(name) == source:
            body = sample(name)[0]
            bodies.append(f"{body}&Body={hostile}" if isinstance(body, str) else everywhere(body, hostile))
    used_s = cpu_seconds(lambda: [asyncio.run(ends(source, body)) for body in bodies])
    assert used_s < 5.0


def everywhere(body: Any, text: str) -> Any:
    """The body with its longest texts replaced: those that are content."""
    if isinstance(body, dict):
        return {name: everywhere(inner, text) for name, inner in body.items()}
    if isinstance(body, list):
        return [everywhere(inner, text) for inner in body]
    return text if isinstance(body, str) and (len(body) > 20 or " " in body) else body
