"""One budget in one period, as one worker sees it. Amounts are nanos, times seconds since the epoch.

What holds over all workers, whatever they do at the same time:

1. A worker spends only what it was granted, and is granted only what its newest claim on the ledger says.
2. The ledger has one order. A claim is granted when it is read back, and only as much of it as the claims that stand
   before it in the ledger leave of the budget. So no two claims that do not fit together are both granted, and what is
   granted to all never passes the budget: not by one call, and not in the second in which it runs out.
3. A worker lowers what it is granted before it writes a lower claim, and writes one claim at a time.
4. What a worker has claimed counts against everybody, whether it spent it, is about to, or died.

A claim says too how much of it is spent. The rest is only held: whoever does not find room waits for it to be settled,
and knows for certain that the budget is spent when what is spent leaves no room.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Final, NamedTuple

from processors.money.ledger_record import Claim

if TYPE_CHECKING:
    from processors.money.periods import Period

_WRITE_EVERY_S: Final = 1.0
"""A worker writes an account's claim no more often than this."""

_REPEAT_EVERY_S: Final = 5.0
_SILENT_AFTER_S: Final = 15.0
"""A worker that holds money says so again every 5 seconds. One that has not for 15 is dead, and what it held will never
be settled: it counts as spent, or the last of a budget would be waited for until the period ends."""

_WRITTEN_WITHIN_S: Final = 5.0
"""A claim that has not come back after this long was lost on its way, or the ledger does not answer: say it again."""


class Demand(NamedTuple):
    """What calls that wait need of an account: all of them that may be in flight at once, and the smallest."""

    total: int = 0
    least: int = 0


NOBODY: Final = Demand()


class Verdict(Enum):
    """Whether an amount may be spent now."""

    OPEN = auto()
    BUSY = auto()
    """Not now: what is held by calls under way must be settled first, or a claim must come back."""
    SPENT = auto()
    """Not in this period."""


@dataclass(slots=True)
class _Second:
    """The most that was held at once, and what was spent, in one second."""

    held: int = 0
    spent: int = 0


@dataclass(slots=True)
class _Other:
    claim: Claim
    heard_s: float

    def certain(self, now_s: float) -> int:
        """What of its claim is spent, as far as anybody can tell."""
        return self.claim.spent if now_s - self.heard_s < _SILENT_AFTER_S else self.claim.claimed


class Account:
    """See above. `limit` is the budget."""

    def __init__(self, limit: int, period: Period) -> None:
        """Begin with nothing granted and nobody heard."""
        self.limit = limit
        self.period = period
        self.spent = 0
        self.reserved = 0
        self._granted = 0
        self._others: dict[str, _Other] = {}
        self._others_claimed = 0
        self._others_spent = 0
        self._claim: Claim | None = None
        self._number = 0
        self._comes_back = False
        self._written_s = float("-inf")
        self._second, self._this, self._last = 0, _Second(), _Second()

    @property
    def spent_by_all(self) -> int:
        """What is spent for certain by workers that still speak, this one included."""
        return self.spent + self._others_spent

    @property
    def claimed_by_all(self) -> int:
        """What counts against the budget: spent, held, or granted and not yet used."""
        return max(self._granted, self.spent + self.reserved) + self._others_claimed

    @property
    def room(self) -> int:
        """What of the grant is neither spent nor held."""
        return self._granted - self.spent - self.reserved

    @property
    def idle(self) -> bool:
        """Whether there is nothing to say of it: all is spent, and said."""
        return self._claim == Claim(self.spent, self.spent) and not (self.reserved or self._comes_back)

    def unanswered_s(self, now_s: float) -> float:
        """How long a claim has not come back."""
        return now_s - self._written_s if self._comes_back else 0.0

    # ---- spending ------------------------------------------------------------------------------------------------

    def judge(self, amount: int, now_s: float) -> Verdict:
        """Say whether `amount` may be held now."""
        if amount <= self.room:
            return Verdict.OPEN
        certain = self.spent + sum(other.certain(now_s) for other in self._others.values())
        return Verdict.SPENT if certain + amount > self.limit else Verdict.BUSY

    def reserve(self, amount: int, now_s: float) -> None:
        """Hold `amount`, which was judged open."""
        self._roll(now_s)
        self.reserved += amount
        self._this.held = max(self._this.held, self.reserved)

    def settle(self, reserved: int, amount: int, now_s: float) -> None:
        """Spend `amount` in place of what was `reserved` for it."""
        self._roll(now_s)
        self.reserved -= reserved
        self.spent += amount
        self._this.spent += amount

    # ---- what the ledger says ------------------------------------------------------------------------------------

    def heard(self, worker: str, claim: Claim | None, now_s: float) -> None:
        """Take note of what another worker says; None: it says nothing any more."""
        before = self._others.pop(worker, None)
        if before is not None:
            self._others_claimed -= before.claim.claimed
            self._others_spent -= before.claim.spent
        if claim is not None:
            self._others[worker] = _Other(claim, now_s)
            self._others_claimed += claim.claimed
            self._others_spent += claim.spent

    def came_back(self, claim: Claim, number: int) -> None:
        """Take note that a claim of our own stands on the ledger, behind all that was heard so far."""
        if number != self._number:
            # An older one, thought lost. A later one may be lower and stand on the ledger already. If it did, the
            # others believe the older one now, until it is said again.
            self._comes_back = True
            return
        self._comes_back = False
        self._granted = max(self._granted, min(claim.claimed, self._left))

    # ---- what to write on it -------------------------------------------------------------------------------------

    def next_claim(self, demand: Demand, now_s: float) -> tuple[Claim, int] | None:
        """What to write now, with its number; None: nothing.

        What is claimed is what is spent; what is held and waits, or what the last second has held at once if that was
        more; and as much again as that second has spent. It is enough to go on like that until the next claim, and
        little enough to lose with a killed worker.
        """
        since_s = now_s - self._written_s
        # A clock that is set back by an hour must not keep calls waiting for an hour.
        if 0 <= since_s < (_WRITTEN_WITHIN_S if self._comes_back else _WRITE_EVERY_S):
            return None
        claim = Claim(self._to_claim(demand, now_s), self.spent)
        if claim == (self._claim or Claim(0, 0)) and not self._comes_back:
            holds = claim.claimed > claim.spent
            if not holds or since_s < _REPEAT_EVERY_S:
                return None
        return self._write(claim, now_s)

    def _to_claim(self, demand: Demand, now_s: float) -> int:
        self._roll(now_s)
        used = self.spent + self.reserved
        available = max(self._granted, self._left)
        if available - used < demand.least:
            # Two workers would otherwise keep half a call's money each until the period ends.
            return used
        held = max(self._this.held, self._last.held, self.reserved + demand.total)
        return max(used, min(self.spent + held + max(self._this.spent, self._last.spent), available))

    def last_claim(self, now_s: float) -> tuple[Claim, int] | None:
        """What to write before this worker leaves: nothing more than it has used; None where nothing was written."""
        if self._claim is None:
            return None
        return self._write(Claim(self.spent + self.reserved, self.spent), now_s)

    def _write(self, claim: Claim, now_s: float) -> tuple[Claim, int]:
        self._granted = min(self._granted, claim.claimed)
        self._claim, self._written_s, self._comes_back = claim, now_s, True
        self._number += 1
        return claim, self._number

    @property
    def _left(self) -> int:
        """What the others leave of the budget."""
        return max(0, self.limit - self._others_claimed)

    def _roll(self, now_s: float) -> None:
        second = int(now_s)
        if second != self._second:
            self._last = self._this if second == self._second + 1 else _Second()
            self._second, self._this = second, _Second(held=self.reserved)
