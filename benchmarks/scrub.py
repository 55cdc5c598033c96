"""What it costs to mask personal data: CPU time by length and kind of text, and what the event loop feels of 5 MB."""

from __future__ import annotations

import asyncio
import itertools
import time
from functools import partial
from typing import TYPE_CHECKING

from benchmarks.report import Report, Row
from processors.enrichment import Enrichment, EnrichmentRules
from processors.kinds import Routes
from processors.llm.prices import PriceBook
from processors.pii import Privacy, Scrubber
from processors.tokens import tokenizer_for
from schemas.events import CrmEvent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

PROSE = (
    "Thanks for the quick call on Monday. We went through the renewal once more and most of it looks fine to us. The "
    "export still fails now and then when somebody in the Leeds office runs the monthly report with more than 10,000 "
    "rows. Order 6033391 was invoiced twice, 1,240.50 EUR each, and nobody could say on 2025-12-01 which one counts. "
    "Could you look into it before the review in May? Initech has offered us a better price, so it helps to know. "
)
"""Ordinary text of a ticket: numbers, dates and companies, and nobody's data."""

THREAD = (
    "From: Dana Quill <dana.quill{0}@northwind.example>\nPhone: +1 415 555 {0:04d}\n\nHi Tom,\nplease send it "
    "to 48 Larkspur Lane, Portland, OR 97201, or call me at (415) 555-{0:04d}. The refund goes to GB29 NWBK 6016 1331 "
    "9268 19, the card was 4539 1488 0343 6467.\n\nBest,\nDana Quill\nCustomer Success, Northwind\n\n"
)
"""As dense as a thread of short mails with signatures gets: an identifier in every other line."""

KNOWN: Mapping[str, Sequence[str]] = {"PERSON": ["Dana Quill"], "EMAIL": ["dana.quill1@northwind.example"]}
ROUNDS = 9
LARGE_CHARS = 5_000_000


def prose(chars: int) -> str:
    """`chars` characters in which nothing is to be masked."""
    return (PROSE * (chars // len(PROSE) + 1))[:chars]


def thread(chars: int) -> str:
    """`chars` characters full of personal data, each mail's its own."""
    mails = (THREAD.format(number % 10_000) for number in itertools.count())
    return "".join(itertools.islice(mails, chars // 300 + 1))[:chars]


def cpu_us(text: str, repeats: int) -> list[float]:
    """Microseconds of CPU time to scrub `text`, one figure a round."""
    scrubber = Scrubber()
    scrubber.scrub([text], KNOWN)  # the first pays for the metadata of phones
    figures = []
    for _ in range(ROUNDS):
        started = time.thread_time()
        for _ in range(repeats):
            scrubber.scrub([text], KNOWN)
        figures.append((time.thread_time() - started) / repeats * 1e6)
    return figures


async def longest_wait_us(work: Callable[[], object]) -> float:
    """Microseconds by which the event loop was late at most while `work` ran in a thread beside it."""
    beside = asyncio.ensure_future(asyncio.to_thread(work))
    longest = 0.0
    while not beside.done():
        before = time.perf_counter()
        await asyncio.sleep(0.001)
        longest = max(longest, time.perf_counter() - before - 0.001)
    await beside
    return longest * 1e6


def an_enrichment() -> Enrichment:
    """What prepares an event in the worker, with its own bounds."""
    model = "gpt-5-mini"
    return Enrichment(
        EnrichmentRules(model=model, max_input_tokens=16_000, salt="benchmark"),
        routes=Routes.default(),
        privacy=Privacy(),
        tokenizer=tokenizer_for(model),
        prices=PriceBook(),
    )


def large_event_rows() -> list[Row]:
    """The loop's longest wait while the worker prepares an event of 5 MB, and while nothing runs beside it."""
    enrichment = an_enrichment()
    rows = [Row.of("longest wait of the loop, idle", [_waited(partial(time.sleep, 0.5)) for _ in range(3)])]
    for name, text in (("prose", prose(LARGE_CHARS)), ("threads", thread(LARGE_CHARS))):
        event = CrmEvent(event_id="1", source="bench", entity="Ticket", record_id="1", occurred_at=0, text=text)
        enrichment.prepare(event)
        waits = [_waited(partial(enrichment.prepare, event)) for _ in range(3)]
        rows.append(Row.of(f"longest wait of the loop, 5 MB of {name}", waits))
    return rows


def _waited(work: Callable[[], object]) -> float:
    return asyncio.run(longest_wait_us(work))


def run() -> Report:
    """Measure all of it."""
    rows = [
        Row.of("scrub 6 KB of prose", cpu_us(prose(6_000), 50)),
        Row.of("scrub 60 KB of prose", cpu_us(prose(60_000), 5)),
        Row.of("scrub 6 KB of threads", cpu_us(thread(6_000), 10)),
        Row.of("scrub 60 KB of threads", cpu_us(thread(60_000), 1)),
        *large_event_rows(),
    ]
    return Report("Masking personal data", "microseconds", rows)
