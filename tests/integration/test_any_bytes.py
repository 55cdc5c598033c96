"""Any bytes at all on crm.events: each ends as a dead letter with its reason or a counted skip, and work goes on."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.foreign_clients import ForeignClients, crm_event
from tests.support.installation import Installation, an_installation
from tests.support.simulator import LlmSimulator
from tests.support.supervision import wait_until
from tests.support.topics import Received, Sent, end_offsets, produce, read_all

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.kafka

# What a broker takes by default (message.max.bytes), the record's own framing included.
BROKER_LIMIT = 1_048_588
LAST_MOMENT_OF_9999 = 253_402_300_799_999
UNKNOWN_ID = 0x7FFF_FFF0
# Three bytes in UTF-8, as a lone surrogate would take that some encoders write: U+D800 in the place of U+20AC.
EURO, SURROGATE = "€".encode(), b"\xed\xa0\x80"


# Its dead letter has no room for the original headers, so no probe either.
HEADERS_AT_THE_LIMIT = "headers-at-the-limit"


@dataclass(frozen=True)
class Case:
    """One record and what must become of it: a reason of the dead letters, or None for an insight."""

    name: str
    sent: Sent
    reason: str | None
    whole: bool = True


@dataclass(frozen=True)
class Outcome:
    """What stands on the topics after all cases."""

    installation: Installation
    letters: dict[str, list[Received]]
    insights: dict[str, dict[str, Any]]
    skipped: dict[str, float]
    key_mismatches: float


def headers(name: str) -> tuple[tuple[str, bytes | None], ...]:
    blob = random.Random(3).randbytes(BROKER_LIMIT - 250) if name == HEADERS_AT_THE_LIMIT else bytes(range(256))
    return ("probe", name.encode()), ("ce_subject", b"T-1"), ("blob", blob), ("null", None), ("ce_subject", b"T-2")


def cases(foreign: ForeignClients) -> list[Case]:
    rng = random.Random(7)
    good = foreign.encoded(crm_event(1))

    def event(name: str, **fields: Any) -> bytes:
        return foreign.encoded(crm_event(2, event_id=name, record_id=name) | fields)

    def case(name: str, value: bytes, reason: str | None, *, whole: bool = True) -> Case:
        # A key each: what has the same key is one record in the worker's eyes, and an older event of it is stale.
        key = {"null-key": None, "keyless-at-the-limit": None, "key-of-bytes": b"\xff\xfe\0"}.get(name, name.encode())
        return Case(name, Sent(value, key, headers(name), partition=0), reason, whole=whole)

    broken = [
        case(f"random-{size}", bytes([rng.randrange(1, 256)]) + rng.randbytes(size - 1), "undecodable")
        for size in (1, 4, 5, 6, 300, 5000)
    ]
    return [
        *broken,
        case("empty", b"", "undecodable"),
        case("json", b'{"event_id": "1"}', "undecodable"),
        case("wrong-magic", b"\x01" + good[1:], "undecodable"),
        case("magic-only", good[:1], "undecodable"),
        case("no-body", good[:5], "undecodable"),
        case("truncated", good[: len(good) // 2], "undecodable"),
        case("left-over", good + b"\0", "undecodable"),
        case("random-body", good[:5] + rng.randbytes(200), "undecodable"),
        case("unknown-schema", b"\0" + UNKNOWN_ID.to_bytes(4) + good[5:], "unknown_schema"),
        case("no-event-id", event("", record_id="x"), "no_identity"),
        case("blank-record", event("blank-record", record_id="  "), "no_identity"),
        case("long-id", event("x" * 5000, record_id="x"), "oversized"),
        case("surrogate", event("surrogate", text="a lone €").replace(EURO, SURROGATE), "undecodable"),
        # Full of random bytes, so that no compression makes room for the headers of a dead letter.
        case("at-the-limit", b"\x05" + rng.randbytes(BROKER_LIMIT - 600), "undecodable", whole=False),
        case("keyless-at-the-limit", b"\x05" + rng.randbytes(BROKER_LIMIT - 600), "undecodable", whole=False),
        case(HEADERS_AT_THE_LIMIT, b"\x05", "undecodable", whole=False),
        case("nul", event("nul", title="a\0b", text="The export\0 fails again\0."), None),
        case("year-9999", event("year-9999", occurred_at=LAST_MOMENT_OF_9999), None),
        case("before-1970", event("before-1970", occurred_at=-62_135_596_800_000), None),
        case("million-letters", event("million-letters", text="a" * 1_000_000), None),
        case("large-event", event("large-event", text="The export fails. " * 58_000), None),
        case("null-key", event("null-key"), None),
        case("key-of-bytes", event("key-of-bytes"), None),
        # Last: the next one must be read all the same.
        case("good-at-last", event("good-at-last"), None),
    ]


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory, bootstrap_servers: str, registry_url: str) -> Iterator[Outcome]:
    directory = tmp_path_factory.mktemp("bytes")
    simulator = LlmSimulator(directory)
    worker = None
    try:
        simulator.start()
        installation = an_installation(directory, bootstrap_servers, registry_url, simulator.base_url).set_up()
        worker = installation.worker(1, "--only", "enrich")
        worker.start()
        with ForeignClients(installation) as foreign:
            given = cases(foreign)
            tombstone = Sent(None, b"tombstone", headers("tombstone"), partition=0)
            produce(bootstrap_servers, installation.events, [tombstone, *(case.sent for case in given)])
            letters, insights = (sum(case.reason is not None for case in given), sum(not case.reason for case in given))

            def ended() -> bool:
                return sum(end_offsets(bootstrap_servers, installation.dead_letters).values()) >= letters

            found = foreign.wait_for_insights(insights)
            wait_until(ended, timeout_s=30, what=f"{letters} dead letters", every_s=0.2)
        by_name: dict[str, list[Received]] = {}
        for letter in read_all(bootstrap_servers, installation.dead_letters):
            probe = dict(letter.headers).get("probe") or HEADERS_AT_THE_LIMIT.encode()
            by_name.setdefault(probe.decode(), []).append(letter)
        yield Outcome(
            installation,
            by_name,
            {value["event_id"]: value for _, value in found},
            {
                reason: worker.metric("crm_insights_events_total", outcome="skipped", reason=reason)
                for reason in ("tombstone", "duplicate", "stale")
            },
            worker.metric("crm_insights_key_mismatch_total"),
        )
        assert worker.stop() == 0
    finally:
        if worker is not None:
            worker.close()
        simulator.close()


@pytest.fixture(scope="module")
def given(outcome: Outcome) -> list[Case]:
    with ForeignClients(outcome.installation) as foreign:
        return cases(foreign)


def test_each_unreadable_record_is_one_dead_letter_with_its_reason(outcome: Outcome, given: list[Case]) -> None:
    expected = {case.name: [case.reason] for case in given if case.reason is not None}
    found = {
        name: [(dict(letter.headers)["crm_insights.reason"] or b"").decode() for letter in letters]
        for name, letters in outcome.letters.items()
    }
    assert found == expected


def test_a_dead_letter_holds_key_value_and_headers_untouched(outcome: Outcome, given: list[Case]) -> None:
    for case in given:
        if case.reason is None or not case.whole:
            continue
        (letter,) = outcome.letters[case.name]
        assert (letter.key, letter.value) == (case.sent.key, case.sent.value), case.name
        assert letter.headers[: len(case.sent.headers)] == case.sent.headers, case.name


@pytest.mark.parametrize("name", ["at-the-limit", "keyless-at-the-limit"])
def test_a_record_that_fills_the_limit_is_a_dead_letter_whose_headers_say_where_it_lies(
    outcome: Outcome, name: str
) -> None:
    (letter,) = outcome.letters[name]
    ours = dict(letter.headers)
    assert ours["__streams.errors.topic"] == outcome.installation.events.encode()
    assert letter.value == b""
    assert ours["crm_insights.omitted_value_bytes"] == str(BROKER_LIMIT - 599).encode()
    assert letter.headers[: len(headers(name))] == headers(name)


def test_a_record_whose_headers_fill_the_limit_is_a_dead_letter_with_ours_alone(outcome: Outcome) -> None:
    (letter,) = outcome.letters[HEADERS_AT_THE_LIMIT]
    assert (letter.key, letter.value) == (None, b"")
    assert not [name for name, _ in letter.headers if not name.startswith(("__streams.errors.", "crm_insights."))]


def test_every_readable_record_becomes_an_insight_however_odd(outcome: Outcome, given: list[Case]) -> None:
    assert set(outcome.insights) == {case.name for case in given if case.reason is None}


def test_a_tombstone_is_a_counted_skip_and_no_dead_letter(outcome: Outcome) -> None:
    assert outcome.skipped == {"tombstone": 1, "duplicate": 0, "stale": 0}
    assert "tombstone" not in outcome.letters


def test_what_leaves_holds_no_nul_and_a_cut_text_is_marked(outcome: Outcome) -> None:
    assert not [name for name, value in outcome.insights.items() if "\0" in str(list(value.values()))]
    assert outcome.insights["million-letters"]["truncated"] is True
    assert outcome.insights["million-letters"]["dropped_tokens"] > 50_000
    assert outcome.insights["nul"]["truncated"] is False


def test_events_that_lie_where_their_key_does_not_belong_are_counted(outcome: Outcome, given: list[Case]) -> None:
    # Every case was sent to partition 0 under a key that is not its record's.
    assert outcome.key_mismatches == sum(case.reason is None for case in given)


def test_the_command_line_lists_every_dead_letter(outcome: Outcome, given: list[Case]) -> None:
    listed = json.loads(outcome.installation.command("dlq", "list", "--json").stdout)["letters"]
    assert sorted(entry["reason"] for entry in listed) == sorted(case.reason for case in given if case.reason)
    assert {entry["origin_topic"] for entry in listed} == {outcome.installation.events}
    place = next(entry["at"] for entry in listed if entry["reason"] == "unknown_schema")
    shown = json.loads(outcome.installation.command("dlq", "show", place, "--json").stdout)
    assert shown["value_type"] == f"Avro with schema id {UNKNOWN_ID}"
