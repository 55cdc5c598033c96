"""Postal addresses as many countries write them, whole; and numbers, rooms and products that only look like one."""

# ruff: noqa: RUF001 - addresses of other scripts are the point

from __future__ import annotations

import pytest

from processors.pii import Scrubber

scrubber = Scrubber()


def addresses(text: str) -> list[str]:
    return [span.text for span in scrubber.scrub([text]).spans[0] if span.type == "ADDRESS"]


@pytest.mark.parametrize(
    "address",
    [
        # US, CA, AU
        "1600 Pennsylvania Avenue NW, Washington, DC 20500",
        "440 N Wolfe Rd, Sunnyvale, CA 94085, USA",
        "350 5th Ave, Fl 34, New York, NY 10118",
        "123 Broadway, New York, NY 10001",
        "35 MAPLE GROVE RD, DURHAM, NC 27701",
        "123 Main St Apt 4B\nSpringfield, IL 62701",
        "12 Rue Sainte-Catherine West, Montréal, QC H3B 1A1",
        "100 George St, Sydney NSW 2000",
        "672 Carl Locks, Laurenton, IN 68702",
        "Level 8 064 Lowe Slope, Lake Christopher, NT, 0813",
        # UK, IE, IN
        "12 High Street, Leeds LS1 4DY",
        "10 Downing St, London, SW1A 2AA",
        "Flat 3, 15 Elm Grove, Cardiff, CF10 3AT",
        "The Old Rectory, Church Lane, Little Snoring, Norfolk NR21 0AX",
        "2nd Floor, 18 Merrion Square, Dublin 2, D02 X4K1",
        "Flat 4B, Sai Residency, 12 MG Road, Indiranagar, Bengaluru 560038",
        # DE, AT, CH
        "Goethestraße 17a, 80336 München",
        "Jens-Peter-Sager-Allee 8/6, 35109 Passau",
        "Stephen-Ladeck-Ring 22-30\n48715 Potsdam",
        "Berliner Str. 5, D-10115 Berlin",
        "Am Alten Markt 3, 50667 Köln, Deutschland",
        "Unter den Linden 77\n10117 Berlin",
        "Hauptstr.\n54, 20095 Hamburg",
        # FR, BE
        "45 Rue de la République, 69002 Lyon, France",
        "8 bis, impasse des Acacias, bât. B, 3e étage, 13008 Marseille",
        "Kerkstraat 10 bus 3, 9000 Gent",
        # ES, PT, BR
        "Calle Gran Vía 28, 2º Izq, 28013 Madrid, España",
        "C/ Mayor, 15, 4ºB, 08001 Barcelona",
        "Avda. de América nº 23, 28028 Madrid",
        "Passarela Mendes, 21, Alto Caiçaras, 84038-854 Caldeira / GO",
        "R. Augusta 15, 1200-192 Lisboa",
        "Rua das Flores 12, 1200-192 Lisboa",
        "Rua Augusta, 1500, apto 42, 01304-001 São Paulo - SP",
        # IT
        "Via Canali, 53 Appartamento 52, 28821, Cannero Riviera (VB)",
        "Via Giuseppe Garibaldi, 12, 20121 Milano (MI)",
        "Corso Vittorio Emanuele II n. 45 int. 3, 00186 Roma RM",
        # NL
        "Keizersgracht 123-B, 1015 CJ Amsterdam",
        "Morrisring 461\n8681 BT\nOldetrijne",
        "Lange Voorhout 8, 2514 ED Den Haag, Nederland",
        # PL, CZ, HU, TR
        "ul. Marszałkowska 10/12 m. 4, 00-590 Warszawa",
        "os. Piastów 5/23, 31-624 Kraków",
        "Kossuth Lajos utca 5, 1053 Budapest",
        "Bağdat Caddesi No: 112 D: 7, 34728 Kadıköy/İstanbul",
        # Nordic
        "Storgatan 5, 111 22 Stockholm",
        "Nørregade 12, 2. th, 1165 København K",
        "Karl Johans gate 22, 0162 Oslo",
        "Mannerheimintie 12 A 4, 00100 Helsinki",
        # CN, JP
        "北京市朝阳区建国路88号SOHO现代城A座1203室",
        "东京都千代田区丸の内1-1-1",
        # boxes
        "P.O. Box 1234, Austin, TX 78701",
        "Postfach 12 34 56, 20095 Hamburg",
        "BP 123, 75001 Paris Cedex 05",
        "Apartado de Correos 55, 28080 Madrid",
        "Postbus 1234, 1000 BB Amsterdam",
        "skr. poczt. 12, 00-950 Warszawa",
        "PSC 3294, Box 9168\nAPO AA 61487",
        "the corner of Mill Lane and Park Road".removeprefix("the "),
    ],
)
def test_an_address_is_masked_whole(address: str) -> None:
    assert addresses(f"- {address} -") == [address]
    assert addresses(f"(ref 7)\n{address}\n") == [address]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("I work at 221B Baker Street.", ["221B Baker Street"]),
        ("please deliver to 12 maple street, denver co 80202", ["12 maple street, denver co 80202"]),
        ("she moved to 48 old kent rd last week", ["48 old kent rd"]),
        ("<p>12 Rose Lane<br>Oxford<br>OX1 4AB</p>", ["12 Rose Lane<br>Oxford<br>OX1 4AB"]),
        ("> 12 Rose Lane\n> Oxford\n> OX1 4AB", ["12 Rose Lane\n> Oxford\n> OX1 4AB"]),
        ('{"line1": "5 Oak Avenue", "postcode": "M1 1AE"}', ["5 Oak Avenue", "M1 1AE"]),
        ("Straße/Hausnr.: Im Winkel 3\nPLZ/Ort: 70173 Stuttgart", ["Im Winkel 3", "70173 Stuttgart"]),
        ("Address line 1: 77 Cedar Close\nPostcode: RG1 2AB", ["77 Cedar Close", "RG1 2AB"]),
        ("my zip code is 94107", ["94107"]),
    ],
)
def test_an_address_in_prose_a_form_a_quote_or_a_page(text: str, found: list[str]) -> None:
    assert addresses(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "He said 5 Google Drive licences, 3 Monitoring 24 checks and Room 12 in Building 5",
        "We booked room 204 at Hilton, suite 300 users, SKU AB12 3CD, part PL12345 and order 12 Park items",
        "The two-way street ran 5 miles down the road; 24 Hour Way; 2 Star Court of 3",
        "Am Montag 12. März, im Januar 2024, im Release 12, Version 5, Kapitel 3",
        "On Wall Street they say Main Street suffers; via SWIFT 9 days ago; via Zoom 3 times",
        "Case 12345 Please check; Invoice 20240 Hamburg office; ticket 10115 Berlin",
        "Speicherplatz 50 GB, Arbeitsplatz 12, Engineering 2024, Heidelberg 2",
        "Office 365 Business Center 2024; Data Center 3; Call Center 24",
        "Le projet place Marketing 3 fois; avenue 5; I give this place 11/10",
        "Place order 12345 and Unit 7 test passed; Lot 5 shipped",
        "Mac OS X 11, et al. Smith 5, R. Smith 5, C. 20 and Level 3 support, Plot 7 data, Campo Brasil 1993",
        "IP address: 10.0.0.5 and e-mail address: none; archive.zip 12345",
    ],
)
def test_what_only_looks_like_an_address_survives(text: str) -> None:
    assert addresses(text) == []


def test_a_known_address_is_found_partly_and_on_several_lines() -> None:
    known = {"ADDRESS": ["7 Zorkplein, Leeds LS1 4DY"]}
    scrubbed = scrubber.scrub(["left at 7 Zorkplein again", "7 Zorkplein\nLeeds\nLS1 4DY"], known)
    assert scrubbed.texts == ("left at <ADDRESS_1> again", "<ADDRESS_2>")


def test_an_address_that_a_phrase_or_a_label_announces_needs_no_word_for_a_street() -> None:
    assert addresses("She lives at 5586 Zorkstraeti 31, Arnsdorf, Germany.") == [
        "5586 Zorkstraeti 31, Arnsdorf, Germany"
    ]
    assert addresses("Address: Zorkova 42") == ["Zorkova 42"]
    assert addresses("Address: line 5 is wrong. We live at 5 PM. Shipping: 2 days. Billing: 3 users") == []
