"""People whom the record does not name: found by what they are called and by what stands around."""

# ruff: noqa: RUF001 - the letters of other scripts are the point

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.pii import Scrubber
from processors.pii.people.lexicon import entry_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from processors.pii.people.second_opinion import Question, SecondOpinion

scrubber = Scrubber()


def people(*texts: str) -> list[str]:
    """Give the people found in the texts of one event, in order."""
    return [span.text for spans in scrubber.scrub(texts).spans for span in spans if span.type == "PERSON"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Please call Martina Kowalczyk about the invoice.", ["Martina Kowalczyk"]),
        ("Dear Mr. Okonkwo,\nthe parcel is lost.", ["Okonkwo"]),
        ("Sehr geehrte Frau Niedermayer,\ndie Rechnung fehlt.", ["Niedermayer"]),
        ("Bonjour Madame Lefebvre,", ["Lefebvre"]),
        ("Attendees: Ingrid van der Berg, Tom\nNext: send the offer.", ["Ingrid van der Berg", "Tom"]),
        ("Cc: Bradshaw, Nigel <n@x.example>", ["Bradshaw, Nigel"]),
        ("The parcel is lost.\n\nKind regards,\nOlumide Adeyemi", ["Olumide Adeyemi"]),
        ("[10:02] Marlon: where is my order?", ["Marlon"]),
        ("First name: Wiebke\nLast name: Abernathy", ["Wiebke", "Abernathy"]),
        ('{"contact": {"name": "Dagmar Svoboda"}}', ["Dagmar Svoboda"]),
        ("CALLED CUSTOMER DEBORAH HUMPHREY ABOUT THE ORDER", ["DEBORAH HUMPHREY"]),
        ("Albert B. is the blocker, says Albert Brennan.", ["Albert B.", "Albert Brennan"]),
        ("hi this is shirley ochoa calling about my order", ["shirley ochoa"]),
        ("please put the table under rosalind haverkamp", ["rosalind haverkamp"]),
        ("miles: hi penny, can you help?", ["miles", "penny"]),
        ("Rozmawiałem z panią Nowakowską wczoraj.", ["Nowakowską"]),
        ("你好，我叫刘晓燕，订单没发货。", ["刘晓燕"]),
        ("田中様、いつもお世話になっております。", ["田中"]),
        ("Pat: can you check?\nBill: sure\nPat: thanks\nBill: done", ["Pat", "Bill", "Pat", "Bill"]),
        ("So, Jack, you will own the rollout.", ["Jack"]),
        ("Ann Brannigan@ACME\n12/07/2000", ["Ann Brannigan@ACME"]),
        ("In Rocky Balboa we trust.", ["Rocky Balboa"]),
        ("<p>Dear&nbsp;Thibault Lefebvre,</p>", ["Thibault Lefebvre"]),
        ("김민수 고객님 안녕하세요", ["김민수"]),
        ("السلام عليكم، أنا ليلى القحطاني من الشركة", ["ليلى القحطاني"]),
    ],
)
def test_people_are_found_where_texts_name_them(text: str, expected: list[str]) -> None:
    assert people(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Will the price rise in May? Mark the invoice as paid. The grace period is over.",
        "Drew a blank on the export button. Bill me in April please, not June.",
        "We compare you with Salesforce, Zendesk, Ernst & Young, and Morgan Stanley.",
        "My Chase card was declined. The Rose Garden venue is booked.",
        "Dear Customer, our Support Team will get back to you. Best regards, Customer Care",
        "Sehr geehrte Damen und Herren, die Lieferung ist unvollständig. Bitte um Gutschrift.",
        "Der Kaiser und der Richter: die Preise der Firma Schneider GmbH sind zu hoch.",
        "La facture a été réglée deux fois. Merci de rembourser la commande.",
        "I need to change my card, is that possible from the app?",
        "Upgrade from London to Paris on Monday, the Enterprise Plan includes Windows.",
        "They shortlisted Ada and us. You are better than Jasper, and we are moving from Harvey.",
        "Our Clara contract ends in May. The Oscar integration is broken.",
        "INVOICE 77\nBill to: see above\nMark for: returns",
        "Artikelnummer P/N 165-87818, Preis €12, Case CS-4064 closed, RE-2026-4280 paid",
        "I'm still waiting since the 25th June. Is it open on Sunday, or from May 3 to 18th August? The ATM is broken.",
        "Grace period is 14 days. Champion left. POC and EB agree, DM is on leave.",
        "Kundenwunsch: Rabatt. Lieferadresse: wie oben. Benutzername vergessen. Atenciosamente, Cordialement.",
        "订单已发货，预计三天内送达。",
    ],
)
def test_texts_that_name_nobody_are_left_alone(text: str) -> None:
    assert people(text) == []


def test_a_name_that_is_told_once_is_masked_wherever_it_stands_in_the_event() -> None:
    told, other = "Best regards,\nZdenka Roht", "I think zdenka is right; so is ROHT. Ask Zdenka's team."
    assert people(told, other) == ["Zdenka Roht", "zdenka", "ROHT", "Zdenka"]


def test_a_name_that_is_also_a_word_is_learnt_for_the_places_where_names_stand() -> None:
    assert people("Hi Grace Hollister,", "we asked Grace about the grace period") == ["Grace Hollister", "Grace"]


def test_a_word_of_another_language_is_not_taken_for_a_learnt_name() -> None:
    assert people("Phạm Minh Châu", "mình là khách hàng") == ["Phạm Minh Châu"]


@pytest.mark.parametrize("text", ["mail John.Smith@x.example", "see /home/John/Smith", "John_Smith.pdf", "#JohnSmith"])
def test_what_is_glued_into_an_address_or_a_path_is_no_name(text: str) -> None:
    assert people(text) == []


@pytest.mark.parametrize("inflected", ["nowakowskiej", "petrem", "dvorakovi"])
def test_a_name_with_the_ending_of_a_case_is_known_by_its_base(inflected: str) -> None:
    entry = entry_of(inflected)
    assert entry.first or entry.last


def test_a_name_of_parts_is_what_its_parts_are() -> None:
    assert entry_of("kowalczuk-okafor").last
    assert entry_of("o'brien").last


pieces = st.sampled_from(
    (
        *(
            "Ann",
            "Lee",
            "Marlon",
            "will",
            "Will",
            "May",
            "J.",
            "van der",
            "Berg",
            "GRACE",
            "HOPPER",
            "zdenka",
            "Dr.",
            "Mr",
        ),
        *(
            "Dear ",
            "Hi ",
            "my name is ",
            "Regards,\n",
            "From: ",
            "Cc: ",
            "customer ",
            "said ",
            "the ",
            "und ",
            "the Dow ",
        ),
        *(" ", " ", " ", ", ", ". ", ": ", "\n", "\n\n", "'s ", "<", ">", "@", "/", "_", "-", "<PERSON_1>", "12"),
        *(
            "王",
            "我叫",
            "李明",
            "様",
            "أنا ",
            "خالد ",
            "é",
            "\u200b",
            "ın",
            "х",
            "+1 415 555 0123",
            "ann@x.example",
            "I ",
            "A ",
        ),
    )
)


@given(st.lists(pieces, max_size=16).map("".join))
@settings(max_examples=500, deadline=None)
def test_a_second_pass_over_the_masked_text_finds_nobody_new(text: str) -> None:
    masked = scrubber.scrub([text]).texts[0]
    assert scrubber.scrub([masked]).spans[0] == ()


class Reader:
    """A second opinion that gives one answer to everything, and remembers what it was asked."""

    def __init__(self, answer: bool | None) -> None:  # noqa: D107, FBT001 - the answer is all there is to say
        self.answer = answer
        self.asked: list[Question] = []

    def decide(self, questions: Sequence[Question]) -> Iterable[Sequence[bool | None]]:
        self.asked += questions
        return [[self.answer] * len(question.spans) for question in questions]


def found_with(opinion: SecondOpinion, *texts: str) -> list[str]:
    scrubbed = Scrubber(second_opinion=opinion).scrub(texts)
    return [span.text for spans in scrubbed.spans for span in spans]


UNSURE_TEXT = "We found Zarvik in the cupboard."
SURE_TEXTS = ("Please call Martina Kowalczyk about the invoice.", "The invoice is wrong.")


def test_a_second_opinion_is_asked_once_and_only_about_texts_that_leave_something_open() -> None:
    reader = Reader(None)
    found_with(reader, UNSURE_TEXT, *SURE_TEXTS)
    assert [(q.text, [q.text[start:end] for start, end in q.spans]) for q in reader.asked] == [
        (UNSURE_TEXT, ["Zarvik"])
    ]


def test_nobody_is_asked_where_nothing_is_open() -> None:
    reader = Reader(None)
    assert found_with(reader, *SURE_TEXTS) == ["Martina Kowalczyk"]
    assert reader.asked == []


@pytest.mark.parametrize(("answer", "expected"), [(True, ["Zarvik"]), (False, [])])
def test_a_second_opinion_decides_about_what_is_open(answer: bool, expected: list[str]) -> None:  # noqa: FBT001 - a case
    assert found_with(Reader(answer), UNSURE_TEXT) == expected


def test_a_second_opinion_without_an_opinion_changes_nothing() -> None:
    assert found_with(Reader(None), UNSURE_TEXT) == people(UNSURE_TEXT)


def test_a_question_does_not_show_its_text() -> None:
    reader = Reader(None)
    found_with(reader, UNSURE_TEXT)
    assert "Zarvik" not in repr(reader.asked)
