"""What one worker may spend of a budget, and what it tells the others."""

from __future__ import annotations

from processors.money.budgets import AccountId, Limits
from processors.money.treasury import Busy, Held, Spent, Treasury
from tests.unit.money.workers import NOON_S, Ledger, Worker, a_day, budgets, pay

ACME_TODAY = AccountId("acme", "2026-11-25")


def a_worker(ledger: Ledger | None = None, name: str = "w1", limit: int = 100) -> Worker:
    return Worker(ledger or Ledger(), budgets(each=a_day(limit)), name)


def test_nothing_is_spent_before_the_claim_stands_on_the_ledger() -> None:
    worker = a_worker()
    assert worker.hold("acme", 10) == Busy((ACME_TODAY,))
    worker.write()
    assert worker.hold("acme", 10) == Busy((ACME_TODAY,))
    worker.read()
    assert isinstance(worker.hold("acme", 10), Held)


def test_of_two_claims_that_do_not_fit_together_only_the_first_on_the_ledger_is_granted() -> None:
    ledger = Ledger()
    first, second = a_worker(ledger, "w1"), a_worker(ledger, "w2")
    for worker in (first, second):
        worker.hold("acme", 60)
        worker.write()
    for worker in (first, second):
        worker.read()
    assert isinstance(second.hold("acme", 60), Busy)
    assert isinstance(first.hold("acme", 60), Held)


def test_a_call_that_does_not_fit_beside_what_is_spent_ends_and_one_that_might_yet_waits() -> None:
    worker = a_worker()
    assert pay(worker, "acme", 50)
    now_s = NOON_S + 1
    worker.hold("acme", 50, now_s)
    worker.write(now_s)
    worker.read(now_s)
    worker.hold("acme", 50, now_s)
    assert isinstance(worker.hold("acme", 50, now_s), Busy)
    assert worker.hold("acme", 51, now_s) == Spent(ACME_TODAY, ends_s=NOON_S + 12 * 3600)


def test_what_a_call_did_not_use_can_be_spent_again() -> None:
    worker = a_worker()
    worker.hold("acme", 100)
    worker.write()
    worker.read()
    held = worker.hold("acme", 100)
    assert isinstance(held, Held)
    worker.settle(held, 20)
    assert isinstance(worker.hold("acme", 80), Held)


def test_a_dead_workers_money_counts_as_spent_when_it_has_been_silent_for_fifteen_seconds() -> None:
    ledger = Ledger()
    dead, other = a_worker(ledger, "w1"), a_worker(ledger, "w2")
    dead.hold("acme", 90)
    dead.write()
    other.read()
    assert isinstance(other.hold("acme", 20, NOON_S + 14), Busy)
    assert isinstance(other.hold("acme", 20, NOON_S + 15), Spent)


def test_a_worker_that_holds_money_says_so_again_so_that_nobody_takes_it_for_dead() -> None:
    ledger = Ledger()
    alive, other = a_worker(ledger, "w1"), a_worker(ledger, "w2")
    alive.hold("acme", 90)
    alive.write()
    alive.read()
    alive.hold("acme", 90)
    for second in range(60):
        alive.write(NOON_S + second)
        alive.read(NOON_S + second)
        other.read(NOON_S + second)
    assert isinstance(other.hold("acme", 20, NOON_S + 60), Busy)


def test_a_new_start_has_what_its_former_self_has_claimed_against_it() -> None:
    ledger = Ledger()
    before = a_worker(ledger, "w1")
    assert pay(before, "acme", 70)
    after = a_worker(ledger, "w2")
    assert not pay(after, "acme", 40)
    assert pay(after, "acme", 30)


def test_who_leaves_in_peace_gives_back_what_it_has_not_used() -> None:
    ledger = Ledger()
    leaving = a_worker(ledger, "w1")
    leaving.hold("acme", 90)
    leaving.write()
    leaving.read()
    ledger.records.extend(leaving.treasury.last_claims(NOON_S))
    assert pay(a_worker(ledger, "w2"), "acme", 100)


def test_an_account_is_written_once_a_second_at_most() -> None:
    worker = a_worker(limit=1_000_000)
    written = 0
    for tenth in range(100):
        now_s = NOON_S + tenth / 10
        pay(worker, "acme", 10, now_s)
        worker.write(now_s)
    written = len(worker.ledger.records)
    assert written <= 11


def test_a_claim_is_about_a_second_of_what_is_spent() -> None:
    worker = a_worker(limit=1_000_000)
    for tenth in range(100):
        now_s = NOON_S + tenth / 10
        pay(worker, "acme", 10, now_s)
        worker.write(now_s)
        worker.read(now_s)
    (standing,) = worker.treasury.standings(NOON_S + 10)
    assert 900 <= standing.spent <= 1000
    assert standing.claimed - standing.spent <= 200


def test_a_claim_that_was_lost_is_made_again() -> None:
    worker = a_worker()
    worker.hold("acme", 10)
    assert worker.claims(), "lost on its way"
    worker.hold("acme", 10, NOON_S + 5)
    worker.write(NOON_S + 5)
    worker.read(NOON_S + 5)
    assert isinstance(worker.hold("acme", 10, NOON_S + 5), Held)


def test_a_clock_that_is_set_back_keeps_no_call_waiting() -> None:
    ledger = Ledger()
    worker = Worker(ledger, budgets(everybody=a_day(100)), "a")
    assert pay(worker, "acme", 10)
    hour_before_s = NOON_S - 3_600
    assert pay(worker, "acme", 50, hour_before_s)


def test_what_was_given_back_is_not_spent_although_it_was_granted() -> None:
    ledger = Ledger()
    first, second = a_worker(ledger, "w1"), a_worker(ledger, "w2")
    first.hold("acme", 80)
    first.write()
    first.read()
    # It found nothing to spend it on, and says so. Before that is read back another may take it.
    first.write(NOON_S + 2)
    second.read(NOON_S + 2)
    assert pay(second, "acme", 80, NOON_S + 2)
    assert not isinstance(first.hold("acme", 80, NOON_S + 2), Held)


def test_a_claim_that_comes_back_late_grants_nothing_that_a_later_one_has_given_up() -> None:
    ledger = Ledger()
    first, second = a_worker(ledger, "w1"), a_worker(ledger, "w2")
    first.hold("acme", 80)
    late = first.claims()
    first.write(NOON_S + 6)
    ledger.records[:0] = late
    second.read(NOON_S + 6)
    assert pay(second, "acme", 80, NOON_S + 6)
    first.read(NOON_S + 6, most=1)
    assert not isinstance(first.hold("acme", 80, NOON_S + 6), Held)


def test_one_tenants_budget_is_not_anothers() -> None:
    worker = a_worker()
    assert pay(worker, "acme", 100)
    assert isinstance(worker.hold("acme", 1), Spent)
    assert pay(worker, "initech", 100)


def test_a_call_draws_on_its_tenants_budgets_and_on_those_of_all_for_the_day_and_the_month() -> None:
    rules = budgets(everybody=Limits(day=100, month=1000), each=Limits(day=50, month=500))
    assert list(rules.accounts("acme", NOON_S)) == [
        AccountId("acme", "2026-11-25"),
        AccountId("acme", "2026-11"),
        AccountId(None, "2026-11-25"),
        AccountId(None, "2026-11"),
    ]


def test_a_tenant_that_is_named_has_its_own_limits_only() -> None:
    rules = budgets(each=Limits(day=50), tenants={"acme": Limits(month=900)})
    assert list(rules.accounts("acme", NOON_S)) == [AccountId("acme", "2026-11")]


def test_a_day_ends_at_midnight_utc_and_leaves_the_month_as_it_is() -> None:
    worker = Worker(Ledger(), budgets(each=Limits(day=50, month=80)), "w1")
    assert pay(worker, "acme", 50)
    tomorrow_s = NOON_S + 12 * 3600
    assert worker.hold("acme", 40, tomorrow_s - 1) == Spent(ACME_TODAY, tomorrow_s)
    december_s = NOON_S + 5.5 * 86_400
    assert worker.hold("acme", 40, tomorrow_s) == Spent(AccountId("acme", "2026-11"), december_s)
    assert pay(worker, "acme", 30, tomorrow_s)


def test_two_days_after_its_end_a_period_is_forgotten_whoever_wrote_of_it() -> None:
    ledger = Ledger()
    assert pay(a_worker(ledger, "w1"), "acme", 10)
    worker = Worker(ledger, budgets(each=a_day(100)), "w2", NOON_S + 3 * 86_400)
    assert worker.treasury.forget(NOON_S + 2 * 86_400) == []
    assert worker.treasury.forget(NOON_S + 3 * 86_400) == [b"acme/2026-11-25/w1"]
    worker.treasury.read(b"acme/2026-11-25/w1", None, NOON_S + 3 * 86_400)
    assert worker.treasury.forget(NOON_S + 3 * 86_400) == []


def test_what_is_no_record_of_ours_is_passed_over() -> None:
    treasury = Treasury(budgets(each=a_day(100)), "w1")
    for key, value in [
        (b"", b"{}"),
        (b"acme/2026-11-25", b"{}"),
        (b"acme/2026-99-25/w2", b"{}"),
        (b"\xff/2026-11-25/w2", b"{}"),
        (b"acme/2026-11-25/w2", b"nonsense"),
        (b"acme/2026-11-25/w2", b'{"claimed":-5,"spent":0,"currency":"EUR","number":1}'),
        (b"acme/2026-11-25/w2", b'{"claimed":5,"spent":0,"currency":"USD","number":1}'),
    ]:
        assert treasury.read(key, value, NOON_S) is None
    assert treasury.used("acme", NOON_S) == 0.0
