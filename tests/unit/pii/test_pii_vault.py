"""Spans and the vault: overlaps, numbering, and what never shows."""

from __future__ import annotations

import pickle

import pytest

from processors.pii import PlaceholderVault, Scrubber
from processors.pii.folding import fold
from processors.pii.known.identifiers import KnownIdentifiers
from processors.pii.page import Page
from processors.pii.patterns.candidates import scan
from processors.pii.patterns.phones import known_phone
from processors.pii.restoration import marks
from processors.pii.spans import CHECKED, KNOWN, SHAPED, Finding, resolve

TEXT = "0123456789abcdefghij"


def test_the_longest_find_wins() -> None:
    inner, outer = Finding(2, 5, "PERSON", KNOWN), Finding(0, 10, "EMAIL", SHAPED)
    assert resolve([inner, outer], TEXT) == [outer]


def test_of_two_finds_of_one_length_the_stronger_wins() -> None:
    shaped, known = Finding(0, 5, "PHONE", SHAPED), Finding(0, 5, "ACCOUNT", KNOWN)
    assert resolve([shaped, known], TEXT) == [known]


def test_what_sticks_out_of_an_overlap_stays_masked() -> None:
    chosen = resolve([Finding(0, 8, "PERSON", KNOWN), Finding(5, 20, "EMAIL", CHECKED)], TEXT)
    assert [(find.start, find.end, find.type) for find in chosen] == [(0, 5, "PERSON"), (5, 20, "EMAIL")]


def test_what_sticks_out_on_both_sides_becomes_two_spans() -> None:
    chosen = resolve([Finding(0, 8, "A", SHAPED), Finding(6, 14, "B", KNOWN), Finding(12, 20, "C", SHAPED)], TEXT)
    assert [(find.start, find.end, find.type) for find in chosen] == [(0, 6, "A"), (6, 14, "B"), (14, 20, "C")]


def test_finds_side_by_side_do_not_overlap() -> None:
    side_by_side = [Finding(0, 5, "A", SHAPED), Finding(5, 8, "B", SHAPED)]
    assert resolve(side_by_side, TEXT) == side_by_side


def test_a_name_inside_an_e_mail_address_does_not_corrupt_it() -> None:
    scrubbed = Scrubber().scrub(["Ann Lee <ann.lee@x.example>"], {"PERSON": ["Ann Lee"]})
    assert scrubbed.texts == ("<PERSON_1> <<EMAIL_1>>",)
    assert scrubbed.vault.restore(scrubbed.texts[0]).text == "Ann Lee <ann.lee@x.example>"


def test_numbers_go_up_in_the_order_of_appearance_over_all_texts() -> None:
    scrubbed = Scrubber().scrub(["b@x.example", "a@x.example b@x.example"])
    assert scrubbed.texts == ("<EMAIL_1>", "<EMAIL_2> <EMAIL_1>")
    assert scrubbed.vault.placeholders == {"<EMAIL_1>": "b@x.example", "<EMAIL_2>": "a@x.example"}


@pytest.mark.parametrize(
    "literal", ["<EMAIL_1>", "EMAIL_1", "email_1", "[EMAIL-1]", "&lt;EMAIL_1&gt;", "<EM\u200bAIL 1>"]
)
def test_a_number_that_the_input_carries_in_any_form_is_not_handed_out(literal: str) -> None:
    scrubbed = Scrubber().scrub([f"{literal} is a marker; mail a@x.example"])
    assert scrubbed.texts == (f"{literal} is a marker; mail <EMAIL_2>",)
    restored = scrubbed.vault.restore(scrubbed.texts[0])
    assert restored.text == f"{literal} is a marker; mail a@x.example"
    assert restored.unrestorable == ()


def test_a_marker_without_a_number_that_stood_in_the_input_is_not_filled() -> None:
    scrubbed = Scrubber().scrub(["Template says <EMAIL>; mine is a@x.example"])
    assert scrubbed.vault.restore(scrubbed.texts[0]).text == "Template says <EMAIL>; mine is a@x.example"


def test_a_phone_behind_a_key_that_looks_like_a_marker_is_still_masked() -> None:
    assert "4155550123" not in Scrubber().scrub(["phone_+14155550123 PHONE_+1 415 555 0123"]).texts[0]


def test_the_answer_is_restored_as_json_values_too() -> None:
    vault = Scrubber().scrub(["ann@x.example"]).vault
    assert vault.restore_json({"to": ["<EMAIL_1>", 1, None], "<EMAIL_1>": "<EMAIL_9>"}) == (
        {"to": ["ann@x.example", 1, None], "ann@x.example": "<EMAIL_9>"},
        ("<EMAIL_9>",),
    )


def test_a_vault_shows_counts_only_and_does_not_travel() -> None:
    scrubbed = Scrubber().scrub(["ann@x.example and bob@x.example, +1 415 555 0123"])
    assert repr(scrubbed.vault) == "<PlaceholderVault EMAIL: 2, PHONE: 1>"
    assert repr(PlaceholderVault()) == "<PlaceholderVault empty>"
    assert "ann" not in repr(scrubbed)
    with pytest.raises(TypeError, match="does not leave the process"):
        pickle.dumps(scrubbed.vault)


def test_nothing_that_holds_personal_data_shows_it() -> None:
    text = "Ann Zork77, ann@x.example, +1 415 555 0123, PHONE_4155550123"
    known = {"PERSON": ["Ann Lee", "Zork77"], "PHONE": ["+14155550123"], "EMAIL": ["ann@x.example"]}
    scrubbed = Scrubber().scrub([text], known)
    page = Page(fold(text), KnownIdentifiers(known, ()).phones, ())
    scan(page)
    KnownIdentifiers(known, ()).find(page)
    page.doubted(0, 3, "PHONE", SHAPED, "4155550123")
    shown = [
        *(repr(thing) for thing in (scrubbed, scrubbed.spans, scrubbed.vault, page, page.folded, page.findings)),
        *(
            repr(thing)
            for thing in (page.doubts, marks(page.folded, frozenset({"PHONE"})), known_phone("+14155550123", ()))
        ),
        repr(scrubbed.vault.restore(scrubbed.texts[0])),
        repr(vars(KnownIdentifiers(known, ())).get("people")),
    ]
    assert not [text for text in shown if "nn" in text.lower() or "zork" in text.lower() or "0123" in text]
    assert repr(scrubbed.spans[0][0]) == "Span(start=0, end=3, type='PERSON', placeholder='<PERSON_1>')"


def test_the_map_of_a_vault_cannot_be_changed_from_outside() -> None:
    with pytest.raises(TypeError):
        Scrubber().scrub(["a@x.example"]).vault.placeholders["<EMAIL_1>"] = "x"  # type: ignore[index]


def test_secrets_that_differ_in_case_are_two() -> None:
    vault = PlaceholderVault()
    assert vault.placeholder("SECRET", "abc") != vault.placeholder("SECRET", "ABC")
    assert vault.placeholder("PERSON", "Ann  Lee") == vault.placeholder("PERSON", "ANN LEE")
