"""What calls cost, from our table, the public price list, and the user's own prices."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from genai_prices import Usage as ListUsage
from genai_prices import calc_price
from hypothesis import given
from hypothesis import strategies as st

from processors.llm.model_price import Cost
from processors.llm.prices import PriceBook
from processors.llm.provider import Usage as Used

TABLE = ["gpt-4o-mini", "gpt-5", "gpt-5-mini", "gpt-5-nano", "o3-pro"]


@dataclass(frozen=True)
class Change:
    since: date
    input: float
    output: float
    cached_input: float | None = None


@dataclass(frozen=True)
class Override:
    input: float
    output: float
    cached_input: float | None = None
    currency: str = "USD"
    context_window: int | None = None
    batch: float = 0.5
    changes: tuple[Change, ...] = ()


def costs(amount: float, currency: str) -> Cost:
    """A cost that equals one of this amount but for the last digits."""
    near: Any = pytest.approx(amount)
    return Cost(near, currency)


def test_ten_thousand_interactions_on_gpt_5_mini_cost_3_64_eur() -> None:
    cost = PriceBook().cost("gpt-5-mini", Used(input_tokens=1_500, output_tokens=200))
    assert cost is not None
    assert cost.amount * 10_000 == pytest.approx(3.64)
    assert cost.currency == "EUR"


@pytest.mark.parametrize(
    ("model", "input_price", "output_price"),
    [
        ("gpt-5-nano", 0.02, 0.18),
        ("gpt-5-mini", 0.12, 0.92),
        ("gpt-4o-mini", 0.14, 0.55),
        ("gpt-5", 0.58, 4.60),
        ("o3-pro", 9.20, 77.28),
    ],
)
def test_the_five_models_of_the_table_cost_what_it_says_and_cached_input_half(
    model: str, input_price: float, output_price: float
) -> None:
    book = PriceBook()
    million = 1_000_000
    assert book.cost(model, Used(input_tokens=million)) == costs(input_price, "EUR")
    assert book.cost(model, Used(output_tokens=million)) == costs(output_price, "EUR")
    cached = Used(input_tokens=million, cached_input_tokens=million)
    assert book.cost(model, cached) == costs(input_price / 2, "EUR")


def test_cached_input_is_part_of_the_input_and_never_more() -> None:
    book = PriceBook()
    assert book.cost("gpt-5", Used(100, 900, 0)) == book.cost("gpt-5", Used(100, 100, 0))


def test_the_snapshot_of_a_model_costs_what_the_model_costs() -> None:
    used = Used(1_500, 0, 200)
    assert PriceBook().cost("gpt-5-mini-2025-08-07", used) == PriceBook().cost("gpt-5-mini", used)


def test_other_models_cost_what_the_public_list_says_in_usd() -> None:
    used = Used(1_000, 0, 100)
    assert PriceBook().cost("gpt-5.4-mini", used) == costs((1_000 * 0.75 + 100 * 4.5) / 1e6, "USD")


@given(
    model=st.sampled_from([name for name in PriceBook().models() if name not in TABLE]),
    prompt=st.sampled_from([1, 1_500, 272_000, 272_001, 500_000]),
    cached=st.integers(0, 1_500),
    output=st.integers(0, 10_000),
)
def test_our_arithmetic_is_that_of_the_public_list_long_prompts_included(
    model: str, prompt: int, cached: int, output: int
) -> None:
    cached = min(prompt, cached)
    listed = calc_price(
        ListUsage(input_tokens=prompt, cache_read_tokens=cached, output_tokens=output), model, provider_id="openai"
    )
    assert PriceBook().cost(model, Used(prompt, cached, output)) == costs(float(listed.total_price), "USD")


@pytest.mark.parametrize("model", ["gpt-5-mnii", "", "whisper-1", "text-embedding-3-small", "a/b"])
def test_a_model_without_a_price_is_unknown_and_has_no_cost(model: str) -> None:
    book = PriceBook()
    assert not book.known(model)
    assert book.cost(model, Used(1, 0, 1)) is None
    assert book.context_window(model) is None


def test_a_price_of_the_users_own_comes_first_in_its_currency() -> None:
    book = PriceBook({"gpt-5-mini": Override(1.0, 2.0, 0.1, "CHF"), "my-model": Override(1.0, 2.0)})
    used = Used(input_tokens=1_000_000, cached_input_tokens=500_000, output_tokens=1_000_000)
    assert book.cost("gpt-5-mini", used) == costs(0.5 + 0.05 + 2.0, "CHF")
    assert book.cost("my-model", used) == costs(3.0, "USD")
    assert book.known("my-model")


def test_a_free_model_is_a_known_one() -> None:
    book = PriceBook({"local": Override(0.0, 0.0)})
    assert book.cost("local", Used(1_000, 0, 100)) == Cost(0.0, "USD")
    assert book.known("local")


@pytest.mark.parametrize(
    ("model", "window"), [("gpt-5-mini", 400_000), ("gpt-4o-mini", 128_000), ("o3-pro", 200_000), ("o1", 200_000)]
)
def test_the_context_window_of_a_model_is_known(model: str, window: int) -> None:
    assert PriceBook().context_window(model) == window


def test_who_corrects_a_price_need_not_know_the_window() -> None:
    book = PriceBook({"gpt-5-mini": Override(1.0, 2.0), "o1": Override(1.0, 2.0), "mine": Override(1.0, 2.0)})
    assert book.context_window("gpt-5-mini") == 400_000
    assert book.context_window("o1") == 200_000
    assert book.context_window("mine") is None
    assert PriceBook({"o1": Override(1.0, 2.0, context_window=9)}).context_window("o1") == 9


def test_all_models_with_a_price_are_listed_in_order() -> None:
    models = PriceBook({"zz-mine": Override(1.0, 2.0)}).models()
    assert models == sorted(set(models))
    assert {*TABLE, "gpt-6-luna", "gpt-5.4-mini", "zz-mine"} <= set(models)
    assert "whisper-1" not in models


def test_every_listed_model_is_known() -> None:
    book = PriceBook()
    assert [model for model in book.models() if not book.known(model)] == []


def test_a_misspelt_name_gets_the_likeliest_names() -> None:
    assert PriceBook().suggest("gpt-5-mnii")[0] == "gpt-5-mini"
    assert PriceBook().suggest("GPT-6-Lnua")[0] == "gpt-6-luna"
    assert PriceBook().suggest("zzzzzz") == []


def test_a_provider_without_a_public_list_still_has_the_table() -> None:
    book = PriceBook(provider="nowhere")
    assert book.models() == TABLE
    assert not book.known("o1")


def test_a_model_is_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    book = PriceBook()
    first = book.cost("o1", Used(10, 0, 10))
    monkeypatch.setattr("processors.llm.prices._listed", lambda *_: pytest.fail("looked up again"))
    assert book.cost("o1", Used(10, 0, 10)) == first


def test_a_server_that_answers_with_ever_new_names_fills_no_memory() -> None:
    book = PriceBook()
    for number in range(2_500):
        assert book.cost(f"unknown-{number}", Used(1, 0, 1)) is None
    assert len(book._found) <= 1_000


def test_a_model_of_the_table_needs_no_import_of_the_public_list() -> None:
    program = (
        "import sys; from processors.llm.prices import PriceBook; book = PriceBook();"
        "assert book.known('gpt-5-mini') and book.context_window('gpt-5');"
        "assert 'genai_prices' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_each_call_of_a_sum_costs_the_rates_for_its_own_length() -> None:
    book, call = PriceBook(), Used(input_tokens=150_000, output_tokens=100)
    once, twice = book.cost("gpt-5.4", call), book.cost("gpt-5.4", Used() + call + call)
    at_once = book.cost("gpt-5.4", Used(input_tokens=300_000, output_tokens=200))
    assert once is not None
    assert twice is not None
    assert at_once is not None
    assert twice.amount == pytest.approx(2 * once.amount)
    # 272,000 is where this model's prices rise: the sum is beyond it, no call is.
    assert at_once.amount > 1.5 * twice.amount


def test_a_price_changes_on_its_day_and_not_before() -> None:
    today = date(2026, 12, 31)
    override = Override(1.0, 4.0, changes=(Change(date(2027, 3, 1), 9.0, 9.0), Change(date(2027, 1, 1), 2.0, 8.0)))
    book = PriceBook({"m": override}, today=lambda: today)
    million = Used(input_tokens=1_000_000)
    assert book.cost("m", million) == costs(1.0, "USD")
    today = date(2027, 1, 1)
    assert book.cost("m", million) == costs(2.0, "USD")
    today = date(2027, 3, 1)
    assert book.cost("m", million) == costs(9.0, "USD")


def test_the_batch_api_costs_half_unless_the_settings_say_otherwise() -> None:
    book = PriceBook({"m": Override(1.0, 4.0, batch=0.4)})
    million = Used(output_tokens=1_000_000)
    assert book.cost("m", million, batch=True) == costs(1.6, "USD")
    assert book.cost("gpt-5-mini", million, batch=True) == costs(0.46, "EUR")


def test_prices_are_converted_where_a_rate_is_given() -> None:
    book = PriceBook(currency="EUR", exchange_rates={"USD": 0.9})
    dollars = PriceBook().cost("gpt-4.1-mini", Used(input_tokens=1_000_000))
    assert dollars is not None
    assert book.cost("gpt-4.1-mini", Used(input_tokens=1_000_000)) == costs(dollars.amount * 0.9, "EUR")
    assert book.currency("gpt-5-mini") == "EUR"


def test_a_price_without_a_rate_stays_in_its_currency() -> None:
    assert PriceBook(currency="CHF", exchange_rates={"USD": 0.9}).currency("gpt-5-mini") == "EUR"
