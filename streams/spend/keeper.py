"""Keeps the budgets of one worker in step with the ledger."""

from __future__ import annotations

import asyncio
import time
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Protocol

import structlog

from processors.money import NANOS, Funds, Treasury
from processors.money.periods import periods_at
from schemas.errors import Dependency, DependencyFault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from processors.money import Budgets, WorstCase
    from processors.money.budgets import AccountId
    from streams.delivery.pauses import Pauses
    from streams.observability.metrics import Metrics
    from streams.spend.ledger import Record

log = structlog.get_logger()

_LOOK_EVERY_S: Final = 0.25
_SHOW_EVERY_S: Final = 1.0
_FORGET_EVERY_S: Final = 3600.0

SILENT_AFTER_S: Final = 2.0
"""A claim comes back within milliseconds. After this long operators see why calls wait."""

_SETTLE_WITHIN_S: Final = 5.0


class Ledger(Protocol):
    """What `SpendLedger` does."""

    def restore(self) -> list[Record]:
        """See `SpendLedger`."""
        ...

    def follow(self, heard: Callable[[Sequence[Record]], None], failed: Callable[[Exception], None]) -> None:
        """See `SpendLedger`."""
        ...

    def write(self, records: Iterable[Record]) -> None:
        """See `SpendLedger`."""
        ...

    def close(self, last: Iterable[Record], *, within_s: float) -> None:
        """See `SpendLedger`."""
        ...


class SpendKeeper:
    """Writes claims when calls want money, and hears what others claim. `restore`, then `run`; `close` at the end."""

    def __init__(
        self,
        ledger: Ledger,
        budgets: Budgets,
        worst_case: WorstCase,
        *,
        metrics: Metrics,
        pauses: Pauses,
        most_calls: int,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Take the parts; `clock` is seconds since the epoch. `most_calls`: see `Funds`."""
        self._ledger = ledger
        self._budgets = budgets
        self._metrics = metrics
        self._pauses = pauses
        self._clock = clock
        self._wanted = asyncio.Event()
        # A name of its own for each start: what a former self has claimed stays claimed.
        self._treasury = Treasury(budgets, uuid.uuid4().hex[:12])
        self.funds = Funds(
            self._treasury,
            budgets,
            worst_case,
            clock=clock,
            most_calls=most_calls,
            on_wanted=self._wanted.set,
            on_spent=self._spent,
        )
        self._refused: set[AccountId] = set()
        self._restored = False
        self._failure: Exception | None = None

    def restore(self) -> int:
        """Read the whole ledger: so many records. Blocks; raises BrokerUnreachable."""
        records = self._ledger.restore()
        for key, value in records:
            self._treasury.read(key, value, self._clock())
        self._restored = True
        log.info("spend_restored", records=len(records))
        return len(records)

    async def run(self) -> None:
        """Keep in step, for ever. Raises what has kept the ledger from being read."""
        self._ledger.follow(self._heard, self._failed)
        shown_s = forgot_s = float("-inf")
        while True:
            if self._failure is not None:
                raise self._failure
            now_s = self._clock()
            # Not "at least": a clock that is set back by an hour must not let calls wait unseen for an hour.
            if not 0 <= now_s - shown_s < _SHOW_EVERY_S:
                shown_s = now_s
                self._look(now_s)
            if not 0 <= now_s - forgot_s < _FORGET_EVERY_S:
                forgot_s = now_s
                self._forget(now_s)
            self._ledger.write(self._treasury.claims(self.funds.demand, now_s))
            # Not `wait_for`: Python 3.11's forgets that it was cancelled where the event comes in the same moment.
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_EVERY_S):
                    await self._wanted.wait()
            self._wanted.clear()

    async def close(self) -> None:
        """Say what was spent and give the rest back. After all calls have ended."""
        last = self._treasury.last_claims(self._clock()) if self._restored else []
        await asyncio.to_thread(self._ledger.close, last, within_s=_SETTLE_WITHIN_S)

    def standing(self) -> dict[str, Any]:
        """How the budgets stand, for the body of /readyz: those of all, and how many tenants have none left."""
        current = {period.name for period in periods_at(self._clock())}
        tenants = {account.tenant for account in self._refused if account.period in current} - {None}
        return {
            "currency": self._budgets.currency,
            "waiting": self.funds.waiting,
            "all": {
                one.account.period: {"limit": one.limit / NANOS, "spent": one.spent / NANOS}
                for one in self._treasury.standings(self._clock())
                if one.account.tenant is None
            },
            "tenants_spent": len(tenants),
        }

    def _heard(self, records: Sequence[Record]) -> None:
        now_s = self._clock()
        heard = [self._treasury.read(key, value, now_s) for key, value in records]
        self.funds.changed({account for account in heard if account is not None})

    def _failed(self, error: Exception) -> None:
        self._failure = error
        self._wanted.set()

    def _spent(self, account: AccountId) -> None:
        if account not in self._refused:
            self._refused.add(account)
            log.warning(
                "budget_spent", tenant=self._metrics.budgets.shown_tenant(account.tenant), period=account.period
            )

    def _look(self, now_s: float) -> None:
        """What the clock alone brings about, and what people should see."""
        self.funds.tick()
        self._metrics.budgets.show(self._treasury.standings(now_s), self._budgets.currency)
        self._metrics.budgets.waiting.set(self.funds.waiting)
        if self.funds.waiting and self._treasury.unanswered_s(now_s) > SILENT_AFTER_S:
            detail = "what this worker takes of the budgets cannot be written down: no broker answers"
            self._pauses.begin(DependencyFault(Dependency.BROKER, detail), self)
        else:
            self._pauses.end(Dependency.BROKER, self)

    def _forget(self, now_s: float) -> None:
        self._ledger.write([(key, None) for key in self._treasury.forget(now_s)])
        current = {period.name for period in periods_at(now_s)}
        self._refused = {account for account in self._refused if account.period in current}
