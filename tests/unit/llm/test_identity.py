"""The hash that names a user to the provider."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from processors.llm.identity import hashed_identifier


def test_the_hash_is_stable_because_abuse_is_detected_over_time() -> None:
    expected = "safe_a87c0889fd1b2fb75b83cc0df81e53dfc169d3184e42783b2f5c6991"
    assert hashed_identifier("salt", "acme", "u-17") == expected


@given(st.text(min_size=1), st.text(), st.text(min_size=1))
def test_every_hash_fits_the_providers_parameter(salt: str, tenant: str, actor: str) -> None:
    assert re.fullmatch(r"safe_[0-9a-f]{56}", hashed_identifier(salt, tenant, actor) or "")


@given(st.tuples(st.text(), st.text(min_size=1)), st.tuples(st.text(), st.text(min_size=1)))
def test_two_users_never_share_a_hash(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert (hashed_identifier("salt", *one) == hashed_identifier("salt", *other)) == (one == other)


def test_another_salt_is_another_hash() -> None:
    assert hashed_identifier("a", "acme", "u-17") != hashed_identifier("b", "acme", "u-17")


def test_nobody_has_no_hash() -> None:
    assert hashed_identifier("salt", "acme", None) is None
    assert hashed_identifier("salt", "acme", "") is None


def test_without_a_salt_nothing_is_sent_because_ids_can_be_guessed() -> None:
    assert hashed_identifier("", "acme", "u-17") is None


def test_a_lone_surrogate_in_an_id_is_an_id_like_any_other() -> None:
    assert hashed_identifier("salt", "acme", "\ud800") is not None
