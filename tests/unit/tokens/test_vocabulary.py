"""The shipped vocabularies are tiktoken's own, are verified, and nothing is ever downloaded."""

from __future__ import annotations

import gzip
import socket
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest
import tiktoken.load
import tiktoken_ext.openai_public as published  # type: ignore[import-untyped]  # it has no types

from processors.tokens import VocabularyError, tokenizer_for
from processors.tokens.vocabulary import VOCABULARIES, encoding, load

if TYPE_CHECKING:
    from collections.abc import Callable

DATA = Path(__file__).parents[3] / "processors" / "tokens" / "data"


@pytest.mark.parametrize("name", ["o200k_base", "cl100k_base"])
def test_a_vocabulary_is_defined_as_tiktoken_defines_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked_for: list[str] = []

    def no_download(_url: str, expected_hash: str) -> dict[bytes, int]:
        asked_for.append(expected_hash)
        return {}

    monkeypatch.setattr(published, "load_tiktoken_bpe", no_download)
    theirs = getattr(published, name)()
    ours = VOCABULARIES[name]
    assert ours.pattern == theirs["pat_str"]
    assert ours.special_tokens == theirs["special_tokens"]
    assert [ours.sha256] == asked_for


def test_counting_opens_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> NoReturn:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(tiktoken.load, "read_file", refuse)
    encoding.cache_clear()
    tokenizer_for.cache_clear()
    assert tokenizer_for("gpt-5-mini").count("hello world") == 2


def test_the_process_wide_cache_folder_of_tiktoken_is_neither_needed_nor_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", "/nonexistent")
    encoding.cache_clear()
    assert encoding("cl100k_base").name == "cl100k_base"


def _changed(content: bytes) -> bytes:
    return gzip.compress(content.replace(b"IQ== 0\n", b"IQ== 1\n", 1))


def _not_gzip(content: bytes) -> bytes:
    return content


def _short(content: bytes) -> bytes:
    return gzip.compress(content)[:-1000]


def _broken_stream(content: bytes) -> bytes:
    packed = bytearray(gzip.compress(content))
    packed[2000:2100] = bytes(100)
    return bytes(packed)


@pytest.mark.parametrize("damage", [_changed, _not_gzip, _short, _broken_stream])
def test_a_damaged_vocabulary_is_refused_with_the_remedy(damage: Callable[[bytes], bytes], tmp_path: Path) -> None:
    content = gzip.decompress((DATA / "cl100k_base.tiktoken.gz").read_bytes())
    (tmp_path / "cl100k_base.tiktoken.gz").write_bytes(damage(content))
    with pytest.raises(VocabularyError, match=r"cl100k_base of this installation .*\. Install crm-insights again\."):
        load(VOCABULARIES["cl100k_base"], tmp_path)


def test_a_missing_vocabulary_is_refused_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(VocabularyError, match=r"is missing \(o200k_base\.tiktoken\.gz\)\. Install crm-insights again"):
        load(VOCABULARIES["o200k_base"], tmp_path)


def test_the_licence_of_the_vocabularies_lies_beside_them() -> None:
    assert "Copyright (c) 2022 OpenAI, Shantanu Jain" in (DATA / "LICENSE").read_text("utf-8")


@pytest.mark.parametrize(
    ("model", "name", "exact"),
    [
        ("gpt-5-mini", "o200k_base", True),
        ("gpt-4o-mini-2024-07-18", "o200k_base", True),
        ("gpt-4", "cl100k_base", True),
        ("gpt-oss-20b", "o200k_base", True),
        ("openai/gpt-4", "cl100k_base", True),
        ("gpt-6-luna", "o200k_base", False),
        ("text-davinci-003", "o200k_base", False),
        ("", "o200k_base", False),
    ],
)
def test_a_model_gets_its_vocabulary_and_an_unknown_one_a_stated_guess(model: str, name: str, exact: bool) -> None:  # noqa: FBT001 - a parametrised expectation
    tokenizer = tokenizer_for(model)
    assert (tokenizer.name, tokenizer.exact) == (name, exact)
