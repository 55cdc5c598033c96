"""Corpora as JSON lines: texts with what is personal in them, and answers with placeholders that a model altered."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

IGNORED = frozenset({"ORGANIZATION"})
"""Types that may be masked or not: never a miss, never masked in vain."""

_SUFFIXES = (".jsonl", ".jsonl.gz")
_DESCRIPTION = "corpora.json"


@dataclass(frozen=True, slots=True)
class Mark:
    """Something personal in a text. `known`: the record names it; None where nobody says. Offsets are code points."""

    start: int
    end: int
    type: str
    optional: bool = False
    known: bool | None = None
    tags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Kept:
    """Something that must stay as it is: an order number, a competitor."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True, slots=True)
class Document:
    """A text, what the record knows, what is personal in it, and what must survive."""

    id: str
    text: str
    kind: str
    known: Mapping[str, Any]
    marks: tuple[Mark, ...]
    kept: tuple[Kept, ...]


@dataclass(frozen=True, slots=True)
class Corpus:
    """Documents of one file. `annotated` are the types that were marked at all; None means every one."""

    name: str
    documents: tuple[Document, ...]
    annotated: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class RoundTrips:
    """Answers to restore, each with what must come out."""

    name: str
    cases: tuple[Mapping[str, Any], ...]


def files_of(paths: Iterable[Path]) -> list[Path]:
    """The files of JSON lines among `paths`, those in directories (one level) included."""
    found: list[Path] = []
    for path in paths:
        inside = sorted(path.iterdir()) if path.is_dir() else [path]
        found += [file for file in inside if file.name.endswith(_SUFFIXES)]
    return found


def read(file: Path) -> Corpus | RoundTrips:
    """Read one file. A `corpora.json` beside it may say which types are annotated."""
    name = file.name.removesuffix(".gz").removesuffix(".jsonl")
    data = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    # Not splitlines: a text may hold any of the separators that it knows.
    rows = [json.loads(line) for line in data.decode().split("\n") if line.strip()]
    if rows and "answer" in rows[0]:
        return RoundTrips(name, tuple(rows))
    return Corpus(name, tuple(map(_document, rows)), _annotated(file))


def _document(row: Mapping[str, Any]) -> Document:
    marks = (
        Mark(m["start"], m["end"], m["type"], bool(m.get("optional")), m.get("known"), frozenset(m.get("tags", ())))
        for m in row["spans"]
    )
    kept = (Kept(k["start"], k["end"], k["kind"]) for k in row.get("keep", ()))
    return Document(row["id"], row["text"], row.get("kind", ""), row.get("known") or {}, tuple(marks), tuple(kept))


def _annotated(file: Path) -> frozenset[str] | None:
    description = file.parent / _DESCRIPTION
    if not description.is_file():
        return None
    annotated = json.loads(description.read_text("utf-8")).get(file.name, {}).get("annotated", "all")
    return None if annotated == "all" else frozenset(annotated)
