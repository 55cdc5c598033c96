"""All budgets of one worker: what a call draws on, what the ledger says, and what is to be written on it.

Pure: amounts are nanos, the clock is passed in, records are bytes. A worker's name is new with each start, so that
what a former self has claimed stays claimed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from processors.money.account import Account, Verdict
from processors.money.ledger_record import key_of, read_key, read_value, value_of
from processors.money.periods import period_named, periods_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from processors.money.account import Demand
    from processors.money.budgets import AccountId, Budgets
    from processors.money.ledger_record import Claim

KEPT_S: Final = 2 * 86_400.0
"""How long after its end a period's records stay on the ledger: calls of it have ended, and people may still look."""


@dataclass(eq=False, slots=True)
class Held:
    """An amount that is held on every account that it will be spent from."""

    amount: int
    accounts: tuple[Account, ...]
    ids: tuple[AccountId, ...]


@dataclass(frozen=True, slots=True)
class Busy:
    """There is no room now on `accounts`; all of them want a larger claim."""

    accounts: tuple[AccountId, ...]


@dataclass(frozen=True, slots=True)
class Spent:
    """The budget of `account` has no room for this call before `ends_s`."""

    account: AccountId
    ends_s: float


@dataclass(frozen=True, slots=True)
class Standing:
    """How one account stands: for metrics and people."""

    account: AccountId
    is_day: bool
    limit: int
    spent: int
    claimed: int


class _Drawn(NamedTuple):
    since_s: float
    until_s: float
    accounts: tuple[tuple[AccountId, Account], ...]


class Treasury:
    """See above."""

    def __init__(self, budgets: Budgets, worker: str) -> None:
        """Begin with an empty ledger; `worker` must not hold a slash."""
        self._budgets = budgets
        self._worker = worker
        self._accounts: dict[AccountId, Account] = {}
        self._active: dict[AccountId, Account] = {}
        self._drawn: dict[str, _Drawn] = {}
        self._over: dict[bytes, float] = {}

    # ---- spending ------------------------------------------------------------------------------------------------

    def look(self, tenant: str, amount: int, now_s: float) -> Busy | Spent | None:
        """Say what stands against spending `amount` on a call of `tenant`; None: nothing."""
        busy: list[AccountId] = []
        for name, account in self._drawn_on(tenant, now_s):
            match account.judge(amount, now_s):
                case Verdict.SPENT:
                    return Spent(name, account.period.ends_s)
                case Verdict.BUSY:
                    self._active[name] = account
                    busy.append(name)
        return Busy(tuple(busy)) if busy else None

    def hold(self, tenant: str, amount: int, now_s: float) -> Held | Busy | Spent:
        """Hold `amount` on every account that a call of `tenant` draws on, or on none."""
        against = self.look(tenant, amount, now_s)
        if against is not None:
            return against
        drawn = self._drawn_on(tenant, now_s)
        for name, account in drawn:
            account.reserve(amount, now_s)
            self._active[name] = account
        return Held(amount, tuple(account for _, account in drawn), tuple(name for name, _ in drawn))

    @staticmethod
    def settle(held: Held, amount: int, now_s: float) -> None:
        """Spend `amount` in place of what was held. Once for each."""
        for account in held.accounts:
            account.settle(held.amount, amount, now_s)

    def used(self, tenant: str, now_s: float) -> float:
        """The largest part that is spent of a budget of `tenant`, its own or everybody's; 0.0 without any."""
        return max((a.spent_by_all / max(1, a.limit) for _, a in self._drawn_on(tenant, now_s)), default=0.0)

    def standings(self, now_s: float) -> list[Standing]:
        """How the accounts of the periods that go on stand."""
        return [
            Standing(name, account.period.is_day, account.limit, account.spent_by_all, account.claimed_by_all)
            for name, account in self._accounts.items()
            if account.period.ends_s > now_s
        ]

    # ---- the ledger ----------------------------------------------------------------------------------------------

    def read(self, key: bytes, value: bytes | None, now_s: float) -> AccountId | None:
        """Take note of the next record of the ledger; the account that it says something of, if it is one of ours."""
        named = read_key(key)
        if named is None:
            return None
        name, worker = named
        period = period_named(name.period)
        if period is None:
            return None
        self._over.pop(key, None)
        if value is not None:
            self._over[key] = period.ends_s + KEPT_S
        account = self._account(name) if period.ends_s + KEPT_S > now_s else None
        said = None if value is None else read_value(value, self._budgets.currency)
        if account is None or (said is None and value is not None):
            return None
        if worker != self._worker:
            account.heard(worker, None if said is None else said[0], now_s)
        elif said is not None:
            account.came_back(*said)
        return name

    def claims(self, demand: Callable[[AccountId], Demand], now_s: float) -> list[tuple[bytes, bytes]]:
        """What to write on the ledger now; `demand` tells what calls wait for on an account."""
        wanted = {name: demand(name) for name in self._active}
        written = list(self._written((name, a.next_claim(wanted[name], now_s)) for name, a in self._active.items()))
        self._active = {name: a for name, a in self._active.items() if wanted[name].total or not a.idle}
        return written

    def unanswered_s(self, now_s: float) -> float:
        """How long the oldest claim has not come back."""
        return max((account.unanswered_s(now_s) for account in self._active.values()), default=0.0)

    def last_claims(self, now_s: float) -> list[tuple[bytes, bytes]]:
        """What to write before this worker leaves."""
        return list(self._written((name, account.last_claim(now_s)) for name, account in self._accounts.items()))

    def forget(self, now_s: float) -> list[bytes]:
        """Forget periods that are long over; the keys for which a null is to be written, whoever wrote them."""
        over = [key for key, until_s in self._over.items() if until_s <= now_s]
        self._accounts = {
            name: account
            for name, account in self._accounts.items()
            if account.period.ends_s + KEPT_S > now_s or account.reserved
        }
        self._drawn = {tenant: drawn for tenant, drawn in self._drawn.items() if drawn.until_s > now_s}
        return over

    # ---- within --------------------------------------------------------------------------------------------------

    def _written(self, claims: Iterator[tuple[AccountId, tuple[Claim, int] | None]]) -> Iterator[tuple[bytes, bytes]]:
        for name, said in claims:
            if said is not None:
                claim, number = said
                yield key_of(name, self._worker), value_of(claim, self._budgets.currency, number)

    def _drawn_on(self, tenant: str, now_s: float) -> tuple[tuple[AccountId, Account], ...]:
        """What a call of `tenant` draws on; kept for the day, as it is asked three times a call."""
        known = self._drawn.get(tenant)
        if known is not None and known.since_s <= now_s < known.until_s:
            return known.accounts
        found = [(name, self._account(name)) for name in self._budgets.accounts(tenant, now_s)]
        accounts = tuple((name, account) for name, account in found if account is not None)
        self._drawn[tenant] = _Drawn(now_s, periods_at(now_s)[0].ends_s, accounts)
        return accounts

    def _account(self, name: AccountId) -> Account | None:
        """The account, made where the budgets limit it."""
        account = self._accounts.get(name)
        if account is None:
            period = period_named(name.period)
            limit = None if period is None else self._budgets.limits_of(name.tenant).of(period)
            if period is None or limit is None:
                return None
            account = self._accounts[name] = Account(limit, period)
        return account
