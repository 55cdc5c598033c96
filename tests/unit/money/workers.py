"""Workers that share budgets over a ledger in memory; time and every delivery is the test's."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from processors.money.account import NOBODY, Demand
from processors.money.budgets import AccountId, Budgets, Limits
from processors.money.treasury import Busy, Held, Spent, Treasury

if TYPE_CHECKING:
    from collections.abc import Iterator

NOON_S = 1_795_608_000.0
"""2026-11-25 12:00 UTC."""

Record = tuple[bytes, bytes | None]


def budgets(**given: object) -> Budgets:
    return Budgets(**({"currency": "EUR"} | given))  # type: ignore[arg-type]


def a_day(limit: int) -> Limits:
    return Limits(day=limit)


@dataclass
class Ledger:
    """The records in their one order."""

    records: list[Record] = field(default_factory=list)

    def compacted(self) -> list[Record]:
        """The newest record of each key, in the order of the newest."""
        newest: dict[bytes, bytes | None] = {}
        for key, value in self.records:
            newest.pop(key, None)
            newest[key] = value
        return list(newest.items())


class Worker:
    """One worker: it writes at once and reads when it is told to."""

    def __init__(self, ledger: Ledger, rules: Budgets, name: str, now_s: float = NOON_S) -> None:
        """Start and read what stands on the ledger."""
        self.ledger = ledger
        self.treasury = Treasury(rules, name)
        self.wants: dict[AccountId, Demand] = {}
        for key, value in ledger.compacted():
            self.treasury.read(key, value, now_s)
        self._read = len(ledger.records)
        self.held: list[Held] = []
        self.spent = 0

    def hold(self, tenant: str, amount: int, now_s: float = NOON_S) -> Held | Busy | Spent:
        found = self.treasury.hold(tenant, amount, now_s)
        if isinstance(found, Held):
            self.held.append(found)
        elif isinstance(found, Busy):
            for account in found.accounts:
                total, least = self.wants.get(account, Demand(0, amount))
                self.wants[account] = Demand(total + amount, min(least, amount))
        return found

    def settle(self, held: Held, amount: int, now_s: float = NOON_S) -> None:
        self.held.remove(held)
        self.treasury.settle(held, amount, now_s)
        self.spent += amount

    def claims(self, now_s: float = NOON_S) -> list[tuple[bytes, bytes]]:
        written = self.treasury.claims(lambda account: self.wants.get(account, NOBODY), now_s)
        if written:
            self.wants.clear()
        return written

    def write(self, now_s: float = NOON_S) -> None:
        self.ledger.records.extend(self.claims(now_s))

    def unread(self) -> Iterator[Record]:
        while self._read < len(self.ledger.records):
            self._read += 1
            yield self.ledger.records[self._read - 1]

    def read(self, now_s: float = NOON_S, most: int = 1_000_000) -> None:
        for record, _ in zip(self.unread(), range(most), strict=False):
            self.treasury.read(*record, now_s)

    @property
    def out(self) -> int:
        """What it has spent, and all that may yet be billed."""
        return self.spent + sum(held.amount for held in self.held)


def pay(worker: Worker, tenant: str, amount: int, now_s: float = NOON_S) -> bool:
    """Spend `amount` now, with a claim if it takes one; False if there is no money."""
    found = worker.hold(tenant, amount, now_s)
    if isinstance(found, Busy):
        worker.write(now_s)
        worker.read(now_s)
        found = worker.hold(tenant, amount, now_s)
    if isinstance(found, Held):
        worker.settle(found, amount, now_s)
    return isinstance(found, Held)
