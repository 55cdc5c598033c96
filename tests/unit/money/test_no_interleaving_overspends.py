"""Whatever workers do at the same time, whatever is lost or late, and whoever dies: no budget is passed."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from processors.money.budgets import Limits
from processors.money.treasury import Held
from tests.unit.money.workers import NOON_S, Ledger, Record, Worker, budgets

LIMIT, TENANTS_LIMIT = 100, 60

# Mostly what workers do all day, so that budgets run out in most of the examples.
HAPPENS = ["spend"] * 6 + ["settle"] * 3 + ["read"] * 6 + ["time"] * 3 + ["late", "lost", "die"]

steps = st.lists(
    st.tuples(
        st.sampled_from(HAPPENS), st.integers(0, 2), st.integers(1, 40), st.sampled_from(["acme", "acme", "initech"])
    ),
    min_size=40,
    max_size=120,
)


class World:
    """Three workers that live and die, and their records on the way."""

    def __init__(self) -> None:
        """Begin at noon with nothing spent."""
        self.rules = budgets(everybody=Limits(day=LIMIT), each=Limits(day=TENANTS_LIMIT))
        self.ledger = Ledger()
        self.now_s = NOON_S
        self.names = iter(range(1_000))
        self.workers = [self.born() for _ in range(3)]
        self.dead_spent = 0
        self.on_the_way: list[list[Record]] = [[], [], []]
        self.by_tenant = {"acme": 0, "initech": 0}

    def born(self) -> Worker:
        return Worker(self.ledger, self.rules, f"w{next(self.names)}", self.now_s)

    def step(  # noqa: C901 - a list of what can happen
        self, what: str, who: int, amount: int, tenant: str
    ) -> None:
        worker = self.workers[who]
        match what:
            case "spend":
                if isinstance(worker.hold(tenant, amount, self.now_s), Held):
                    self.by_tenant[tenant] += amount
                else:
                    # A producer keeps its order: what is still on the way goes first.
                    self.arrive(who)
                    worker.write(self.now_s)
            case "settle":
                if worker.held:
                    held = worker.held[amount % len(worker.held)]
                    paid = min(amount, held.amount)
                    self.by_tenant[held.ids[0].tenant or ""] -= held.amount - paid
                    worker.settle(held, paid, self.now_s)
            case "late":
                self.on_the_way[who] += worker.claims(self.now_s)
            case "lost":
                worker.claims(self.now_s)
            case "read":
                worker.read(self.now_s, most=amount % 5 + 1)
            case "time":
                self.arrive(who)
                self.now_s += amount / 8
            case "die":
                self.dead_spent += worker.out
                # What was on its way may arrive after the death, or never.
                if amount % 2:
                    self.arrive(who)
                self.on_the_way[who] = []
                self.workers[who] = self.born()

    def arrive(self, who: int) -> None:
        self.ledger.records += self.on_the_way[who]
        self.on_the_way[who] = []

    @property
    def out(self) -> int:
        return self.dead_spent + sum(worker.out for worker in self.workers)


@settings(max_examples=150)
@given(steps)
def test_what_is_spent_and_what_may_still_be_billed_never_passes_a_budget(todo: list[tuple[Any, ...]]) -> None:
    world = World()
    for step in todo:
        world.step(*step)
        assert world.out <= LIMIT
        assert max(world.by_tenant.values()) <= TENANTS_LIMIT


@settings(max_examples=20)
@given(st.integers(1, 4), st.integers(1, 9), st.integers(50, 300))
def test_a_budget_is_used_to_the_last_call_that_fits(workers: int, price: int, limit: int) -> None:
    """Calls cost a third of what is held for them; each second everybody writes, and reads all."""
    rules = budgets(everybody=Limits(day=limit))
    ledger = Ledger()
    crew = [Worker(ledger, rules, f"w{number}") for number in range(workers)]
    for second in range(150):
        now_s = NOON_S + second
        for worker in crew:
            worker.read(now_s)
            for _ in range(5):
                found = worker.hold("acme", 3 * price, now_s)
                if isinstance(found, Held):
                    worker.settle(found, price, now_s)
        for worker in crew:
            worker.write(now_s)
    assert limit - 3 * price < sum(worker.spent for worker in crew) <= limit
