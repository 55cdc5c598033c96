"""How the benchmark of the order sums its rounds up."""

from __future__ import annotations

from benchmarks.order.rounds import beside
from benchmarks.order.stage import Found
from benchmarks.order.traffic import HOT, UNIFORM

NO_DAMAGE = {"lost": 0, "order_violations": 0}


def rounds(*per_s: float, damage: dict[str, int] = NO_DAMAGE) -> list[Found]:
    return [Found(rate, cpu_ms=0.5, cores=0.6, damage=damage) for rate in per_s]


def test_rates_are_told_as_shares_of_the_ceiling_and_of_uniform_keys_in_the_same_round() -> None:
    # A machine that was busy in the last round has slowed both down.
    told = dict(beside({(0.2, UNIFORM): rounds(1_280, 1_000, 500), (0.2, HOT): rounds(1_280, 900, 450)}))

    assert told["calls of 0.2 s, uniform keys: of the ceiling"] == 0.781
    assert told["calls of 0.2 s, one hot record: of uniform keys"] == 0.9


def test_the_damage_of_all_runs_is_added_up() -> None:
    bad = {"lost": 1, "order_violations": 2}
    told = dict(beside({(0.2, UNIFORM): rounds(1_000), (0.2, HOT): rounds(1_000, damage=bad)}))

    assert told["lost"] == 1
    assert told["order violations"] == 2
