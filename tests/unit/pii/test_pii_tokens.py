"""Tokens by their prefix, private keys, connection strings.

Every value is put together at run time: no scanner of this repository shall take one for real.
"""

from __future__ import annotations

import pytest

from processors.pii import Scrubber

HEX = "0123456789abcdef" * 4
MIXED = "aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zA" * 3


@pytest.mark.parametrize(
    ("prefix", "rest"),
    [
        ("sk_" + "live_", MIXED[:24]),
        ("ghp_", MIXED[:36]),
        ("github_" + "pat_", MIXED[:40]),
        ("glpat-", MIXED[:20]),
        ("AKIA", "ABCDEFGH12345678"),
        ("xox" + "b-", "123456789012-" + MIXED[:24]),
        ("AIza", MIXED[:35]),
        ("GOCSPX-", MIXED[:28]),
        ("sk-" + "ant-", MIXED[:40]),
        ("hf_", MIXED[:34]),
        ("AC", HEX[:32]),
        ("SG.", MIXED[:22] + "." + MIXED[:43]),
        ("npm_", MIXED[:36]),
        ("pypi-", MIXED[:40]),
        ("shpat_", HEX[:32]),
        ("dop_" + "v1_", HEX),
        ("dapi", HEX[:32]),
        ("hvs.", MIXED[:24]),
        ("ATATT3", MIXED[:40]),
        ("pat-" + "na1-", "01234567-89ab-cdef-0123-456789abcdef"),
        ("110201543:AA", MIXED[:33]),
        ("eyJ", MIXED[:20] + "." + MIXED[:40] + "." + MIXED[:30]),
        ("postgres://", "app:S3cret@db.internal:5432/app"),
        ("mongodb+srv://", "app:Pa55w0rd@cluster0.ab1cd.example/test"),
        ("redis://", ":p4ssw0rd@10.0.0.4:6379/0"),
    ],
)
def test_a_token_is_masked_whole_wherever_it_stands(prefix: str, rest: str) -> None:
    token = prefix + rest
    assert Scrubber().scrub([f"see ({token}) ok"]).texts == ("see (<SECRET_1>) ok",)


def test_a_private_key_is_masked_from_its_first_line_to_its_last() -> None:
    key = f"-----BEGIN RSA {'PRIVATE'} KEY-----\n{MIXED}\n{HEX}\n-----END RSA {'PRIVATE'} KEY-----"
    assert Scrubber().scrub([f"this one:\n{key}\nthanks"]).texts == ("this one:\n<SECRET_1>\nthanks",)


def test_a_private_key_that_was_cut_off_is_masked_to_the_end_of_its_lines() -> None:
    key = f"-----BEGIN {'PRIVATE'} KEY-----\n{MIXED}\n{HEX}"
    assert Scrubber().scrub([f"{key}\n\nthanks"]).texts == ("<SECRET_1>\n\nthanks",)


@pytest.mark.parametrize(
    "text",
    [
        f"commit {HEX[:40]}, md5 {HEX[:32]}, digest sha256:{HEX}",
        "postgres://db.internal:5432/app and mysql://localhost/test",
        "-----BEGIN CERTIFICATE-----",
        "the sk-learn docs, key-value stores, AC power",
    ],
)
def test_what_only_begins_like_one_survives(text: str) -> None:
    assert Scrubber().scrub([text]).texts == (text,)
