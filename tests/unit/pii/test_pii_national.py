"""Truth tables of the numbers that states give: examples that the issuers publish, and one digit away from them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.pii import Scrubber
from processors.pii.patterns.national import SCHEMES
from processors.pii.patterns.national.checksums import verhoeff

BY_NAME = {scheme.name: scheme for scheme in SCHEMES}
RIGHT = [
    ("US_ITIN", "912-78-1234"),
    ("UK_NINO", "AB 12 34 56 C"),
    ("UK_NHS", "943 476 5919"),
    ("DE_TAX", "86 095 742 719"),
    ("FR_NIR", "1 85 05 78 006 084 91"),
    ("FR_NIR", "2 69 05 2A 588 157 17"),
    ("ES_DNI", "12345678-Z"),
    ("ES_DNI", "X1234567L"),
    ("IT_FISCAL", "RSSMRA85T10A562S"),
    ("NL_BSN", "111222333"),
    ("PL_PESEL", "44051401359"),
    ("PL_NIP", "123-456-32-18"),
    ("PT_NIF", "123456789"),
    ("BR_CPF", "111.444.777-35"),
    ("BR_CNPJ", "11.222.333/0001-81"),
    ("IN_AADHAAR", "4991 1866 5246"),
    ("IN_PAN", "AFZPK7190K"),
    ("CN_RESIDENT", "11010519491231002X"),
    ("TR_KIMLIK", "10000000146"),
    ("SE_PERSON", "811218-9876"),
    ("NO_BIRTH", "130972 48022"),
    ("CZ_BIRTH", "736028/5163"),
    ("CH_AHV", "756.9217.0769.85"),
    ("BE_NATIONAL", "93.05.18-223.61"),
    ("RU_SNILS", "112-233-445 95"),
    ("RO_CNP", "1800101221144"),
    ("CA_SIN", "046 454 286"),
    ("SG_NRIC", "S1234567D"),
    ("MX_CURP", "HEGG560427MVZRRL04"),
]
WRONG = [
    ("US_ITIN", "912-48-1234"),  # no such group
    ("UK_NINO", "DB 12 34 56 C"),  # a letter that is not given out
    ("UK_NINO", "GB 12 34 56 C"),
    ("UK_NHS", "943 476 5918"),
    ("DE_TAX", "86 095 742 718"),
    ("DE_TAX", "12 345 678 903"),  # no digit twice
    ("FR_NIR", "1 85 05 78 006 084 92"),
    ("FR_NIR", "3 85 05 78 006 084 91"),
    ("ES_DNI", "12345678-A"),
    ("IT_FISCAL", "RSSMRA85T10A562T"),
    ("NL_BSN", "111222334"),
    ("NL_BSN", "000000000"),
    ("PL_PESEL", "44051401358"),
    ("PL_PESEL", "44451401359"),  # the month 45
    ("PL_NIP", "123-456-32-19"),
    ("PT_NIF", "123456788"),
    ("BR_CPF", "111.444.777-36"),
    ("BR_CPF", "111.111.111-11"),
    ("BR_CNPJ", "11.222.333/0001-82"),
    ("IN_AADHAAR", "4991 1866 5247"),
    ("IN_PAN", "AFZCK7190K"),  # a company's
    ("CN_RESIDENT", "110105194912310021"),
    ("CN_RESIDENT", "11010519491331002X"),  # the month 13
    ("TR_KIMLIK", "10000000147"),
    ("TR_KIMLIK", "00000000146"),
    ("SE_PERSON", "811218-9875"),
    ("NO_BIRTH", "130972 48023"),
    ("CZ_BIRTH", "736028/5164"),
    ("CH_AHV", "756.9217.0769.86"),
    ("BE_NATIONAL", "93.05.18-223.62"),
    ("RU_SNILS", "112-233-445 96"),
    ("RO_CNP", "1800101221145"),
    ("CA_SIN", "046 454 287"),
    ("SG_NRIC", "S1234567E"),
    ("MX_CURP", "HEGG560427MVZRRL05"),
]


def shapes(name: str, written: str) -> bool:
    return BY_NAME[name].shape.fullmatch(written.lower()) is not None


@pytest.mark.parametrize(("name", "written"), RIGHT)
def test_a_published_example_adds_up(name: str, written: str) -> None:
    assert shapes(name, written)
    assert BY_NAME[name].adds_up(written)


@pytest.mark.parametrize(("name", "written"), WRONG)
def test_another_digit_or_an_impossible_date_does_not(name: str, written: str) -> None:
    assert shapes(name, written)
    assert not BY_NAME[name].adds_up(written)


@given(st.integers(2 * 10**10, 10**11 - 1), st.integers(0, 10))
def test_verhoeff_finds_any_two_neighbours_that_changed_places(number: int, place: int) -> None:
    body = str(number)
    digits = next(body + str(check) for check in range(10) if verhoeff(body + str(check)))
    swapped = digits[:place] + digits[place + 1] + digits[place] + digits[place + 2 :]
    assert swapped == digits or not verhoeff(swapped)


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda scheme: scheme.name)
def test_each_scheme_is_found_behind_each_of_its_names(scheme: object) -> None:
    assert isinstance(scheme, type(SCHEMES[0]))
    written = next((value for name, value in RIGHT if name == scheme.name), None) or "".join(
        {"9": "7", "A": "K", "X": "3"}.get(sign, sign) for sign in scheme.masks[0]
    )
    for label in scheme.labels.split("|"):
        spans = Scrubber().scrub([f"{label}: {written}, ok"]).spans[0]
        assert [span.text for span in spans] == [written], label


@pytest.mark.parametrize(
    "written",
    [
        "11010519491231002X",
        "RSSMRA85T10A562S",
        "111.444.777-35",
        "1 85 05 78 006 084 91",
        "756.9217.0769.85",
        "12345678Z",
        "AFZPK7190K",
    ],
)
def test_a_number_that_proves_itself_needs_no_label(written: str) -> None:
    (span,) = Scrubber().scrub([f"It is {written}."]).spans[0]
    assert (span.type, span.text) == ("NATIONAL_ID", written)


@pytest.mark.parametrize(
    "text",
    [
        "part 12345678A and part RSSMRA85T10A562T",
        "order 110105194912310021 of 2025",
        "SKU-12345678Z, AFZPK7190K-2",
        "batch 811218-9877, lot 44051401359",
        "passport expires 2027-05-01, office in room 12",
        "Copyright 1998-2022",
        "your ID 12345 was not found",
    ],
)
def test_what_only_looks_like_one_survives(text: str) -> None:
    assert Scrubber().scrub([text]).texts == (text,)
