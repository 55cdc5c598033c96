"""Whose events the benchmark of the order sends."""

from __future__ import annotations

from collections import Counter

import pytest

from benchmarks.order.traffic import HOT, RECORDS, SHAPES, SKEWED, UNIFORM, records

COUNT = 50_000


@pytest.mark.parametrize("shape", SHAPES)
def test_a_seed_draws_the_same_records_again(shape: str) -> None:
    assert records(shape, 500, seed=7) == records(shape, 500, seed=7)
    assert records(shape, 500, seed=7) != records(shape, 500, seed=8)


@pytest.mark.parametrize("shape", SHAPES)
def test_every_record_is_one_of_the_thousand(shape: str) -> None:
    assert set(records(shape, COUNT, seed=1)) <= set(range(RECORDS))


@pytest.mark.parametrize("shape", [HOT, SKEWED])
def test_the_hottest_record_has_16_percent_of_the_events(shape: str) -> None:
    (_, count), *_ = Counter(records(shape, COUNT, seed=1)).most_common(1)

    assert count / COUNT == pytest.approx(0.16, abs=0.03)


def test_beside_the_one_hot_record_all_have_the_same_share() -> None:
    (hot, _), (_, second), *_ = Counter(records(HOT, COUNT, seed=1)).most_common()

    assert hot == 0
    assert second < 3 * COUNT / RECORDS


def test_uniform_keys_have_no_hot_record() -> None:
    assert max(Counter(records(UNIFORM, COUNT, seed=1)).values()) < 3 * COUNT / RECORDS
