"""What the figures of the personal-data evaluation mean, on documents small enough to count by hand."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks.pii_eval.bars import BARS, Results, reached
from benchmarks.pii_eval.commands import Masked
from benchmarks.pii_eval.corpora import Corpus, Document, Kept, Mark, RoundTrips, files_of, read
from benchmarks.pii_eval.report import BEGIN, END, markdown, write_into
from benchmarks.pii_eval.scoring import Score, Share, round_trip, score

if TYPE_CHECKING:
    from pathlib import Path

TEXT = "Ann Lee of Initech, order 6033391, ann@x.example"
NAME = Mark(0, 7, "PERSON", known=True)
COMPANY = Mark(11, 18, "ORGANIZATION")
ORDER = Kept(26, 33, "order")
MAIL = Mark(35, 48, "EMAIL", known=False, tags=frozenset({"lower"}))


def scored(*masked: Masked, annotated: frozenset[str] | None = None, **changes: Any) -> Score:
    given = {"text": TEXT, "kind": "ticket", "known": {}, "marks": (NAME, COMPANY, MAIL), "kept": (ORDER,)} | changes
    return score(Corpus("crm_x", (Document(id="1", **given),), annotated), {"1": masked})


def test_all_that_is_personal_and_nothing_else_is_a_perfect_score() -> None:
    total = scored(Masked(0, 7, "PERSON"), Masked(35, 48, "EMAIL"))
    assert (total.recall(), total.precision(), total.leaking()) == ((2, 2), (2, 2), (0, 1))
    assert total.f2() == 1.0
    assert total.failures == []


def test_nothing_masked_finds_nothing_and_leaks() -> None:
    total = scored()
    assert (total.recall(), total.precision(), total.leaking()) == ((0, 2), (0, 0), (1, 1))
    assert [failure["missed"] for failure in total.failures] == ["PERSON", "EMAIL"]


@pytest.mark.parametrize(("end", "found"), [(48, 1), (47, 1), (46, 0)])
def test_nine_tenths_of_a_mark_must_be_masked(end: int, found: int) -> None:
    assert scored(Masked(35, end, "EMAIL")).recall("EMAIL") == (found, 1)


def test_a_mark_is_found_as_whatever_type_and_in_pieces() -> None:
    assert scored(Masked(0, 3, "USERNAME"), Masked(3, 7, "EMAIL")).recall("PERSON") == (1, 1)


def test_a_company_may_be_masked_or_not() -> None:
    assert scored(Masked(11, 18, "PERSON")).precision("PERSON") == (0, 0)


def test_what_is_masked_in_vain_counts_against_its_type_and_what_must_survive_is_destroyed() -> None:
    total = scored(Masked(30, 34, "PHONE"))
    assert total.precision("PHONE") == (0, 1)
    assert total.destroyed_share() == (1, 1)
    assert total.destroyed_share("order") == (1, 1)


def test_types_that_were_not_annotated_are_no_mistakes_but_destroy_all_the_same() -> None:
    total = scored(Masked(26, 33, "PHONE"), annotated=frozenset({"PERSON"}))
    assert total.precision() == (0, 0)
    assert total.recall() == (0, 1)
    assert total.destroyed_share() == (1, 1)


def test_a_document_without_anything_personal_is_touched_by_any_mask() -> None:
    assert scored(marks=(COMPANY,)).touched() == (0, 1)
    assert scored(Masked(20, 25, "PERSON"), marks=(COMPANY,)).touched() == (1, 1)


def test_known_and_unknown_are_counted_apart() -> None:
    total = scored(Masked(0, 7, "PERSON"))
    assert (total.recall("PERSON known"), total.recall("EMAIL unknown")) == ((1, 1), (0, 1))


@pytest.mark.parametrize(
    ("changes", "plain"),
    [
        ({}, 1),
        ({"kind": "asr"}, 0),
        ({"marks": (NAME, Mark(35, 48, "EMAIL", tags=frozenset({"unicode"})))}, 0),
        ({"marks": (Mark(0, 7, "PERSON", known=False),)}, 0),
    ],
)
def test_a_plain_document_names_known_people_and_is_written_normally(changes: dict[str, Any], plain: int) -> None:
    assert scored(**changes).leaking("plain").whole == plain


def test_an_answer_must_come_back_as_expected_and_what_could_not_be_restored_must_be_told() -> None:
    cases = (
        {"id": "1", "category": "exact", "answer": "", "expect": {"text": "Ann", "or": ["<Ann>"]}},
        {"id": "2", "category": "json", "answer": "", "expect": {"json": {"a": 1}}},
        {"id": "3", "category": "unknown", "answer": "", "expect": {"text": "x", "unrestorable": ["<X_1>"]}},
        {"id": "4", "category": "json", "answer": "", "expect": {"json": {}}},
    )
    answers = {
        "1": {"text": "<Ann>", "unrestorable": []},
        "2": {"text": '{"a": 1}', "unrestorable": []},
        "3": {"text": "x", "unrestorable": []},
        "4": {"text": "{", "unrestorable": []},
    }
    share, wrong = round_trip(RoundTrips("r", cases), answers)
    assert share == (2, 4)
    assert [case["id"] for case in wrong] == ["3", "4"]


def test_corpora_are_read_packed_or_not_with_what_stands_beside_them(tmp_path: Path) -> None:
    row = {"id": "1", "text": "Ann\u2028Lee", "spans": [{"start": 0, "end": 3, "type": "PERSON"}], "known": None}
    (tmp_path / "a.jsonl").write_text(json.dumps(row, ensure_ascii=False) + "\n", "utf-8")
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(json.dumps({"id": "1", "answer": "x"}).encode()))
    (tmp_path / "corpora.json").write_text(json.dumps({"a.jsonl": {"annotated": ["PERSON"]}}))
    (tmp_path / "notes.md").write_text("not a corpus")
    corpus, trips = map(read, files_of([tmp_path]))
    assert isinstance(corpus, Corpus)
    assert isinstance(trips, RoundTrips)
    assert (corpus.name, trips.name) == ("a", "b")
    assert corpus.annotated == frozenset({"PERSON"})
    assert corpus.documents[0].marks == (Mark(0, 3, "PERSON"),)


def test_each_bar_stands_beside_what_was_reached_and_says_if_it_is_missed() -> None:
    rows = list(reached(Results({"crm_x": scored(Masked(0, 7, "PERSON"))}, {"r": Share(3, 4)}, {"crm_x": 1.4})))
    assert {row.words for row in rows} >= {bar.words for bar in BARS if bar.corpus == "crm"}
    told = {row.words: row.met for row in rows}
    assert told["PERSON known: recall"] is True
    assert told["EMAIL: recall"] is False
    assert told["IBAN: recall"] is None
    assert told["answers restored as they must be"] is False
    assert told["milliseconds of CPU for 6 KB"] is True


def test_the_tables_are_written_into_their_place_and_hold_no_text_of_a_corpus(tmp_path: Path) -> None:
    page = tmp_path / "pii.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", "utf-8")
    write_into(page, markdown(Results({"crm_x": scored()})))
    written = page.read_text("utf-8")
    assert written.startswith("before\n")
    assert written.endswith("after\n")
    assert "old" not in written
    assert "| crm_x | EMAIL: recall | ≥ 0.98 | 0.000 (0 of 1) | **missed** |" in written
    assert "Missed most: PERSON 1, EMAIL (lower) 1." in written
    assert "Ann" not in written


def test_a_page_without_a_place_for_the_tables_is_refused(tmp_path: Path) -> None:
    page = tmp_path / "other.md"
    page.write_text("nothing here", "utf-8")
    with pytest.raises(ValueError, match="no place for the tables"):
        write_into(page, "x")
