"""What one run has shown: the numbers, the cases behind them, and whether the promises held."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from tests.chaos.check import checks
from tests.chaos.check.calls import PaidAgain, paid_again

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.chaos.check.evidence import Evidence

# Enough to begin looking; results are committed, and the evidence beside the run's logs has all of them.
_CASES_KEPT = 5


@dataclass(frozen=True, slots=True)
class Verdict:
    """The numbers of one run; times in seconds. `cases` holds the first of each kind that should be none.

    `paid_again` has the calls beyond the first of their event by `PaidAgain`; `paid_again_forbidden` is the sum of
    those for events that had been answered.
    """

    events: int
    copies: int
    insights: int
    lost: int
    duplicates: int
    order_violations: int
    passed_unfinished: int
    went_back: int
    strangers: int
    dead_letters: int
    missing_from_the_topic: int
    calls: int
    paid_again_forbidden: int
    paid_again: Mapping[str, int]
    longest_stop_s: float
    longest_stop_of_a_partition_s: float
    lag_zero_s: float | None
    cases: Mapping[str, Sequence[str]]

    @property
    def damage(self) -> dict[str, int]:
        """The kinds of damage found, with their counts; empty where every promise held."""
        counts = {
            name: int(getattr(self, name))
            for name in (
                "lost",
                "duplicates",
                "order_violations",
                "passed_unfinished",
                "went_back",
                "strangers",
                "dead_letters",
                "missing_from_the_topic",
                "paid_again_forbidden",
            )
        }
        never = {"lag_never_zero": 1} if self.lag_zero_s is None else {}
        return {name: count for name, count in counts.items() if count} | never

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self) | {"damage": self.damage}


def judge(evidence: Evidence) -> Verdict:
    """Look at the evidence of a run."""
    again, forbidden = paid_again(evidence)
    found = {
        check.__name__: check(evidence)
        for check in (
            checks.lost,
            checks.duplicates,
            checks.order_violations,
            checks.passed_unfinished,
            checks.went_back,
            checks.strangers,
            checks.missing_from_the_topic,
        )
    } | {"dead_letters": list(evidence.dead_letters), "paid_again_forbidden": forbidden}
    lag_zero_s = checks.lag_zero_s(evidence)
    return Verdict(
        events=len(checks.first_copies(evidence.events)),
        copies=checks.copies(evidence),
        insights=len(evidence.insights),
        **{name: len(cases) for name, cases in found.items()},
        calls=sum(call.costs for call in evidence.calls),
        paid_again={str(why): again[why] for why in PaidAgain},
        longest_stop_s=checks.longest_stop_s(evidence.events, evidence.insights),
        longest_stop_of_a_partition_s=checks.longest_stop_of_a_partition_s(evidence),
        lag_zero_s=None if lag_zero_s is None else round(lag_zero_s, 2),
        cases={name: cases[:_CASES_KEPT] for name, cases in found.items() if cases},
    )
