"""The record's own identifiers, in the forms in which a text names them."""

# ruff: noqa: RUF001 - look-alike characters are the point

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.pii import Scrubber
from processors.pii.known.dictionary import Dictionary
from processors.pii.known.stop_words import STOP_WORDS

scrubber = Scrubber()


def masked(text: str, **known: str) -> list[str]:
    spans = scrubber.scrub([text], {kind: [value] for kind, value in known.items()}).spans[0]
    return [span.text for span in spans]


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("Ask Norman Bradford today", "Norman Bradford", ["Norman Bradford"]),
        ("NORMAN BRADFORD called", "Norman Bradford", ["NORMAN BRADFORD"]),
        ("norman bradford called", "Norman Bradford", ["norman bradford"]),
        ("Bradford, Norman: yes", "Norman Bradford", ["Bradford, Norman"]),
        ("Norman Bradford: yes", "Bradford, Norman", ["Norman Bradford"]),
        ("N. Bradford and N Bradford", "Norman Bradford", ["N. Bradford", "N Bradford"]),
        ("Bradford, N. wrote", "Norman Bradford", ["Bradford, N."]),
        ("Norman M. Bradford wrote", "Norman Bradford", ["Norman M. Bradford"]),
        ("Norman wrote; so did bradford", "Norman Bradford", ["Norman", "bradford"]),
        ("Norman's order", "Norman Bradford", ["Norman"]),
        ("Normandy and normans", "Norman Bradford", []),
        ("norman.bradford and norman_bradford", "Norman Bradford", ["norman.bradford", "norman_bradford"]),
        ("Annika\nDelacroix-Halvorsen signed", "Annika Delacroix-Halvorsen", ["Annika\nDelacroix-Halvorsen"]),
        ("Ms Halvorsen", "Dr. Annika Delacroix-Halvorsen", ["Halvorsen"]),
        ("Großmann, GROSSMANN, Grossmann", "Jürgen Großmann", ["Großmann", "GROSSMANN", "Grossmann"]),
        ("Jurgen, Juergen, JÜRGEN", "Jürgen Großmann", ["Jurgen", "Juergen", "JÜRGEN"]),
        ("Tоnyа Dаvis complains", "Tonya Davis", ["Tоnyа Dаvis"]),
        ("Brantley\u00a0Vance, Brant\u200bley", "Brantley Vance", ["Brantley\u00a0Vance", "Brant\u200bley"]),
        ("Jose\u0301 called", "José Salas", ["Jose\u0301"]),
        ("Maria dos Santos; dos anos, Santos", "Maria dos Santos", ["Maria dos Santos", "Santos"]),
        ("请联系王晓燕或晓燕。", "王晓燕", ["王晓燕", "晓燕"]),
        ("Sinéad O'Neil and ONEIL", "Sinead O'Neil", ["Sinéad O'Neil", "ONEIL"]),
        ("mình là Phạm Minh Châu", "Phạm Minh Châu", ["Phạm Minh Châu"]),
        ("أنا خالد حداد من", "خالد حداد", ["خالد حداد"]),
    ],
)
def test_a_known_name_in_its_forms(text: str, name: str, expected: list[str]) -> None:
    assert masked(text, PERSON=name) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It will be a long time.", []),
        ("Will this take long? Long story.", []),
        ("He said Mark it as done", []),
        ("Hi Will, thanks", ["Will"]),
        ("Will: can you check?", ["Will"]),
        ("we asked Will about it", ["Will"]),
        ("Thanks,\nWill", ["Will"]),
        ("Dear Mr. Long,", ["Long"]),
        ("WILL LONG and Will Long", ["WILL LONG", "Will Long"]),
        ("W. Long", ["W. Long"]),
    ],
)
def test_a_name_that_is_a_common_word_counts_only_where_a_name_stands(text: str, expected: list[str]) -> None:
    assert masked(text, PERSON="Will Long") == expected


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("bob is out, ask Bobby", "Robert Tanaka", ["bob", "Bobby"]),
        ("Robert is out", "Bob Tanaka", ["Robert"]),
        ("ruf den Sepp an", "Josef Huber", ["Sepp"]),
        ("Paco no contesta", "Garcia, Francisco", ["Paco"]),
        ("the bill is due on Monday", "William Tanaka", []),
        ("rtanaka and tanakar log in", "Robert Tanaka", ["rtanaka", "tanakar"]),
        ("z Janem Nowakowskim, dla Nowakowskiego", "Jan Nowakowski", ["Janem Nowakowskim", "Nowakowskiego"]),
        ("Petrovi Novákovi a Petrem", "Petr Novák", ["Petrovi Novákovi", "Petrem"]),
        ("Markovi i Marka", "Marek Hora", ["Markovi", "Marka"]),
        ("Virtasen tilaus, Jukalle", "Juka Virtasen", ["Virtasen", "Jukalle"]),
        ("Frau Grünwalds Vertrag", "Eva Grünwald", ["Grünwalds"]),
        ("the parks and the Parking of cars", "Ann Park", []),
    ],
)
def test_a_known_name_as_its_bearer_is_called_and_as_languages_inflect_it(
    text: str, name: str, expected: list[str]
) -> None:
    found = scrubber.scrub([text], {"PERSON": [name]}).spans[0]
    assert [span.text for span in found] == expected


def test_a_turkish_ending_behind_an_apostrophe_hides_no_name() -> None:
    masked_text = scrubber.scrub(["Mehmet'in siparişi, Yıldırım'a"], {"PERSON": ["Mehmet Yıldırım"]}).texts[0]
    assert "Mehmet" not in masked_text
    assert "Yıldırım" not in masked_text


def test_a_role_that_stands_for_a_name_is_no_name() -> None:
    assert masked("Customer support has a support team", PERSON="Support Team") == []


@pytest.mark.parametrize(
    "written",
    ["+14155550123", "(415) 555-0123", "415.555.0123", "415 555 0123", "1-415-555-0123", "415/555/0123", "4155550123"],
)
def test_a_known_phone_in_any_format(written: str) -> None:
    assert masked(f"order 99, {written}, thanks", PHONE="+14155550123") == [written]


def test_a_known_phone_is_found_even_behind_a_word_that_speaks_against_phones() -> None:
    assert masked("Kontonummer 1718479172", PHONE="+49 171 8479172") == ["1718479172"]


def test_a_known_e_mail_address_in_any_case_and_its_local_part_as_a_user_name() -> None:
    text = "OKAFOR.Keisha@X.example logs in as okafor.keisha"
    scrubbed = scrubber.scrub([text], {"EMAIL": ["okafor.keisha@x.example"]})
    assert scrubbed.texts == ("<EMAIL_1> logs in as <USERNAME_1>",)


def test_the_local_part_of_a_role_address_is_an_ordinary_word() -> None:
    assert masked("please ask support, or billing", EMAIL="support@x.example") == []


@pytest.mark.parametrize(
    ("kind", "value", "written"),
    [
        ("ADDRESS", "110 W 43rd Street, Madison, WI 53703", "110 W 43rd Street\nMadison  WI 53703"),
        ("ADDRESS", "北京市朝阳区建国路56号17单元", "北京市朝阳区建国路56号17单元"),
        ("IBAN", "DE86430297124207306230", "DE86 4302 9712 4207 3062 30"),
        ("ACCOUNT", "12-34-56 78901234", "123456 78901234"),
        ("USERNAME", "the_tonya", "@the_tonya"),
        ("NATIONAL_ID", "536-90-4399", "536 90 4399"),
        ("DATE_OF_BIRTH", "1960-04-22", "1960/04/22"),
        ("SECRET", "hunter2hunter2", "HUNTER2HUNTER2"),
    ],
)
def test_other_known_values_whatever_stands_between_their_characters(kind: str, value: str, written: str) -> None:
    scrubbed = scrubber.scrub([f"It is {written}, yes"], {kind: [value]})
    assert [(span.type, span.text) for span in scrubbed.spans[0]] == [(kind, written)]


def test_a_known_value_inside_a_longer_word_is_left_alone() -> None:
    assert masked("reference X98765432Y", ACCOUNT="98765432") == []


def test_values_too_short_to_be_told_from_ordinary_text_are_not_looked_for() -> None:
    assert masked("1234 abc 12", ACCOUNT="1234", USERNAME="abc", PERSON="A", PHONE="12") == []


def test_empty_and_odd_known_values_do_no_harm() -> None:
    known = {
        "PERSON": ["", " ", "-", "N/A", "\ud800"],
        "PHONE": ["", "+", "+++"],
        "EMAIL": ["", "@"],
    }
    assert scrubber.scrub(["N/A - none @ xxxxxxxxx"], known).texts == ("N/A - none @ xxxxxxxxx",)


NOT_HAPPY = "I am not happy. No invoice was provided, and I do not want to renew. The new lead said: call!"


@pytest.mark.parametrize(
    "name",
    [
        *(
            "[not provided]",
            "Not Provided",
            "(none)",
            "Do Not Call",
            "DO NOT USE",
            "No Name",
            "New Lead",
            "Unknown",
            "n/a",
        ),
        *(
            "N/A",
            "To be confirmed",
            "TBD",
            "Test Account",
            "Integration User",
            "No Last Name",
            "nicht angegeben",
            "Null",
        ),
        *("Sin nombre", "Non renseigné", "Não informado", "Niet opgegeven", "Nie podano", "New", "Provided", "The"),
    ],
)
@pytest.mark.parametrize("kind", ["PERSON", "ADDRESS", "ACCOUNT"])
def test_a_name_that_stands_for_nobody_masks_nothing(name: str, kind: str) -> None:
    for text in (NOT_HAPPY, NOT_HAPPY.title(), f"Name: {name}. Hi {name}, {name.lower()}, {name.upper()}"):
        assert masked(text, **{kind: name}) == []


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("The Smiths", "The agent said the price. The Smiths called; so did the smiths.", ["The Smiths", "smiths"]),
        ("Ann Provided", "No invoice was provided. Ann Provided; Hi Provided", ["Ann Provided"]),
        ("Not Lee", "I am not well, says Lee. Not Lee, I am not Lee", ["Lee", "Not Lee", "Lee"]),
        ("Anna van der Berg", "van der berg, or van and der", ["van der berg"]),
        ("Can Demir", "Can you ask Can? It can wait. Hi Can, I can. Demir", ["Can", "Can", "Demir"]),
        ("Else Berg", "or else I leave. Dear Else, somebody else", ["Else"]),
        ("Nguyễn Thế", "the agent, The agent, Thế called", ["Thế"]),
        ("An Ho", "an order, ho. Hi An, we asked Ho about it", ["An", "Ho"]),
        ("Mia Kim", "mia and kim called", ["mia", "kim"]),
    ],
)
def test_a_word_as_frequent_as_the_is_no_name_by_itself(name: str, text: str, expected: list[str]) -> None:
    assert masked(text, PERSON=name) == expected


def test_no_stop_word_of_any_language_is_masked_alone_in_any_place_of_a_sentence() -> None:
    for word in sorted(STOP_WORDS):
        text = f"Hi {word.title()}, well {word} it. we asked {word.title()} about\n{word.title()}:\n{word.upper()}"
        assert masked(text, PERSON=f"Zyx {word.title()}") == [], word


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("Zork77", "zork77 and ZORK77, not Zork778 nor zork77x", ["zork77", "ZORK77"]),
        ("R2D2", "r2d2!", ["r2d2"]),
        ("Ann 4711", "Ann 4711 wrote", ["Ann 4711"]),
        ("X Æ A-12", "it is X Æ A-12.", ["X Æ A-12"]),
        ("प्रिया", "नमस्ते प्रिया,", ["प्रिया"]),
        ("李 明", "请联系李明。", ["李明"]),
        ("K. I. M. O", "K.I.M.O said", ["K.I.M.O"]),
    ],
)
def test_a_name_of_no_ordinary_words_is_masked_as_a_whole(name: str, text: str, expected: list[str]) -> None:
    assert masked(text, PERSON=name) == expected


def test_a_local_part_of_ordinary_words_is_a_user_name_only_as_it_is_written() -> None:
    text = "It will long be so. will.long logs in."
    assert masked(text, EMAIL="will.long@x.example") == ["will.long"]
    assert masked("No reply, no-reply.", EMAIL="no.reply@x.example") == []


strangers = {
    "PERSON": [f"Qzx{a}{b}q Vw{b}{a}x" for a in "abcdefg" for b in "hijkl"]
    + [f"O'Qq{a}{b}" for a in "abcdefg" for b in "hijkl"]
    + [f"{a}{b}囍" for a in "甲乙丙丁戊己" for b in "子丑寅卯辰"],
    "ACCOUNT": [f"qq{n:05d}" for n in range(40)],
}
own = {
    "PERSON": ["Ann Lee", "Will Long", "José Müller-Groß", "王晓燕", "Sinead O'Neil", "Zork77", "晓晓"],
    "EMAIL": ["ann.lee@x.example"],
    "ADDRESS": ["5 High St, Leeds", "北京市朝阳区"],
    "USERNAME": ["the_tonya", "aaaa", "aaaaaa"],
}
pieces = st.sampled_from(
    (
        *(
            "Ann",
            "lee",
            "LEE,",
            "A.",
            "Will",
            "Long",
            "José",
            "muller",
            "groß",
            "王晓燕",
            "晓",
            "晓燕",
            "王",
            "O'Neil's",
        ),
        *("oneil", "o'", "zork77", "Zork", "77", "ann.lee@x.example", "ann", "5 High St", "Leeds", "北京市", "朝阳区"),
        *(
            "the_tonya",
            "the",
            "tonya",
            "a",
            "aa",
            "aaaa",
            " ",
            " ",
            " ",
            ", ",
            ".",
            "-",
            "_",
            "'",
            "@",
            "\n",
            "\u200b",
            "1",
        ),
    )
)


@given(st.lists(pieces, max_size=14).map("".join))
@settings(max_examples=500, deadline=None)
def test_what_a_record_of_few_finds_a_record_of_many_finds_too(text: str) -> None:
    many = {kind: [*own.get(kind, ()), *strangers.get(kind, ())] for kind in {*own, *strangers}}
    assert scrubber.scrub([text], many).texts == scrubber.scrub([text], own).texts


@given(
    st.sets(st.text("ab", min_size=2, max_size=40), min_size=1, max_size=40),
    st.text("ab", max_size=60),
)
@settings(max_examples=300, deadline=None)
def test_a_dictionary_gives_all_words_that_begin_at_a_place(words: set[str], text: str) -> None:
    dictionary = Dictionary(words)
    for at in range(len(text)):
        expected = sorted((word for word in words if text.startswith(word, at)), key=len, reverse=True)
        assert list(dictionary.at(text, at)) == expected
