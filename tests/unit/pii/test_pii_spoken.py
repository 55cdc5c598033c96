"""Identifiers in words and in disguise, in many languages; and sentences that only sound like them."""

# ruff: noqa: RUF001 - words of other scripts are the point

from __future__ import annotations

import pytest

from processors.pii import Scrubber

scrubber = Scrubber()


def found(text: str) -> list[tuple[str, str]]:
    return [(span.type, span.text) for span in scrubber.scrub([text]).spans[0]]


@pytest.mark.parametrize(
    ("before", "number", "after"),
    [
        ("you can reach me on ", "four one five, double five five, oh one two three", ""),
        ("my cell is ", "two zero six six six six nine zero four five", " okay"),
        ("call ", "four fifteen, five fifty five, oh one twenty three", " and ask"),
        ("call us toll free on ", "one eight hundred five five five one two one two", ""),
        ("my number is ", "plus four four seven seven double oh nine hundred one two three", ""),
        ("Meine Nummer ist ", "null eins sieben eins, vierunddreißig sechsundfünfzig siebenundachtzig neun", "."),
        ("mon numéro c'est le ", "zéro six douze trente-quatre quatre-vingt-dix-sept vingt et un", " merci"),
        ("mi teléfono es ", "seis uno dos, treinta y cuatro, cincuenta y seis, setenta y ocho", ""),
        ("il mio numero è ", "tre quattro sette ventotto trentuno cinque sei sette", ""),
        ("mijn nummer is ", "nul zes twaalf vierendertig zesenvijftig achtenzeventig", ""),
        ("mój numer to ", "pięćset dwa, trzysta czterdzieści pięć, sześćset siedemdziesiąt osiem", ""),
        ("meu telefone é ", "nove um dois, três quatro meia, sete oito nove", ""),
        ("mitt nummer är ", "noll sju noll, ett två tre, fyra fem sex sju", ""),
        ("telefonum ", "sıfır beş üç iki, bir iki üç, kırk beş, altmış yedi", ""),
        ("mi número es ", "ocho, cincuenta y uno, noventa y seis, cincuenta y tres, trece, nueve", ""),
        ("mit nummer er ", "nul, femogtreds, treogtredive, seksten, treogtreds, otte", ""),
        ("moje číslo je ", "nula, třináct, šedesát devět, padesát osm, devatenáct, dva", ""),
        ("сотовый ", "восемь девять один два, три четыре пять, шесть семь, восемь девять", ""),
    ],
)
def test_a_phone_in_words_is_masked_whole(before: str, number: str, after: str) -> None:
    assert found(before + number + after) == [("PHONE", number)]


@pytest.mark.parametrize(
    "address",
    [
        "ann dot lee at x dot com",
        "ANN DOT LEE AT X DOT COM",
        "ann underscore lee seven at gmail dot com",
        "ann.lee at x dash y dot co dot uk",
        "a n n dot l e e at x dot com",
        "ann [at] x [dot] com",
        "ann(at)x.com",
        "ann.lee (at) x (dot) co (dot) uk",
        "ann.lee@x dot com",
        "anna punkt lee ät firma bindestrich nord punkt de",
        "jean point dupont arobase orange point fr",
        "juan punto perez arroba gmail punto com",
        "mario punto rossi chiocciola libero punto it",
        "jan kropka kowalski małpa wp kropka pl",
        "joao ponto silva arroba sapo ponto pt",
        "piet punt jansen apenstaartje kpn punt nl",
    ],
)
def test_an_e_mail_address_in_words_is_masked_whole(address: str) -> None:
    assert found(f"write: {address}, thanks") == [("EMAIL", address)]


def test_a_name_before_at_is_part_of_the_address_where_the_words_before_announce_one() -> None:
    assert found("my email is john smith at gmail dot com") == [("EMAIL", "john smith at gmail dot com")]
    assert found("my email is john at gmail.com") == [("EMAIL", "john at gmail.com")]


def test_a_card_and_a_social_security_number_in_words_are_what_the_words_before_say() -> None:
    card = "six zero one one eight seven four five eight five four five one seven one one"
    assert found(f"the card number is {card} and the name is") == [("CREDIT_CARD", card)]
    ssn = "seven five four, one nine, seven two five three"
    assert found(f"my social security number is {ssn}") == [("US_SSN", ssn)]


def test_a_phone_in_words_has_the_placeholder_of_the_phone_in_digits() -> None:
    scrubbed = scrubber.scrub(["Call 415-555-0123.", "so that's four one five five five five oh one two three"])
    assert scrubbed.texts == ("Call <PHONE_1>.", "so that's <PHONE_1>")


def test_an_address_in_words_has_the_placeholder_of_the_address_in_signs() -> None:
    scrubbed = scrubber.scrub(["ann.lee@x.com", "that is ann dot lee at x dot com"])
    assert scrubbed.texts == ("<EMAIL_1>", "that is <EMAIL_1>")


def test_a_known_phone_in_words_is_found_without_a_word_about_phones() -> None:
    text = "it was eight five five, five five five, oh one two three I think"
    assert scrubber.scrub([text], {"PHONE": ["+18555550123"]}).texts == ("it was <PHONE_1> I think",)


@pytest.mark.parametrize(
    "text",
    [
        "meet us at the point where it began, or look at amazon.com and at version two dot five",
        "we counted one two three four five six seven eight nine ten items",
        "the order number is four five six seven eight nine one two three four",
        "from one to two or three or four people on two of the five days",
        "refund one hundred twenty five dollars and thirty four cents",
        "updated from 1.3.7.44 to 10.5.17.24 on 24.12.2024",
        "on 6/27/2025 do 2023-03-13",
        "I'm at gmail dot com now",
        "Bitte um sieben oder acht, nicht um neun oder zehn",
    ],
)
def test_what_only_sounds_like_an_identifier_survives(text: str) -> None:
    assert found(text) == []
