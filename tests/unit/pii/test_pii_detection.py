"""What is found by its form, and what must survive although it looks like it."""

# ruff: noqa: RUF001 - look-alike characters are the point

from __future__ import annotations

import pytest

from processors.pii import Scrubber, ScrubPolicy

scrubber = Scrubber()


def found(text: str) -> list[tuple[str, str]]:
    return [(span.type, span.text) for span in scrubber.scrub([text]).spans[0]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mail ann@x.example or +1 415 555 0123", [("EMAIL", "ann@x.example"), ("PHONE", "+1 415 555 0123")]),
        ("ann@x.example,bob@y.example;c.d@z.example", ["ann@x.example", "bob@y.example", "c.d@z.example"]),
        ("Send to 'ann@x.example'.", ["ann@x.example"]),
        ("mailto:o'neil+crm@x.example?subject=CS-9", ["o'neil+crm@x.example"]),
        ("邮箱chen.lihua@novatek.example收到", ["chen.lihua@novatek.example"]),
        ("12345678@x.example", ["12345678@x.example"]),
        ("jürgen@müller.example", ["jürgen@müller.example"]),
        ("ann＠x．example", ["ann＠x．example"]),
        ("bvance@orbit\u200blogistics.example", ["bvance@orbit\u200blogistics.example"]),
        ("ann@x.exam\u00adple", ["ann@x.exam\u00adple"]),
        ("😀𝒳 ann@x.example 😀", ["ann@x.example"]),
    ],
)
def test_e_mail_addresses(text: str, expected: list[object]) -> None:
    finds = found(text)
    assert [
        find if isinstance(want, tuple) else find[1] for find, want in zip(finds, expected, strict=True)
    ] == expected


@pytest.mark.parametrize(
    ("text", "phone"),
    [
        ("call (212) 441-4317 ext. 214 now", "(212) 441-4317 ext. 214"),
        ("(call 415-555-0123)", "415-555-0123"),
        ("(415-555-0123)", "415-555-0123"),
        ("tried +1 212 340 5879", "+1 212 340 5879"),
        ("asst 617.419.8652 (Deshawn)", "617.419.8652"),
        ("Tél. 0661425427, facture INV2025/20325", "0661425427"),
        ("tel:0161 509 3046", "0161 509 3046"),
        ("WhatsApp me on 08196383509 re 785-3387060-1029489", "08196383509"),
        ("手机134 4300 8448，单号7904098484", "134 4300 8448"),
        ("رقم جوالي ٠٥١٧٢٦٣١٨٥", "٠٥١٧٢٦٣١٨٥"),
        ("Mobile: (５１２) ２９０-１６７８ ext． ２１４", "(５１２) ２９０-１６７８ ext． ２１４"),
        ("Phone:\n60-56-85-91", "60-56-85-91"),
        ("Agent: your phone number?\nCustomer: 13998695274", "13998695274"),
        ("416 60 039 office", "416 60 039"),
        ("Desk: +1-903-140-4508x769", "+1-903-140-4508x769"),
        ("Regards, Ann\n612 34 56 90", "612 34 56 90"),
        ("he sent it to 699 956 915", "699 956 915"),
        ("e o dele (11) 96120-9605", "(11) 96120-9605"),
        ("8 (912) 345-39-67", "8 (912) 345-39-67"),
        ("(201).555.0982", "(201).555.0982"),
        ("Tel O7728246l89\nItem", "O7728246l89"),
        ("Tel (Ol2l) 579 8l59", "(Ol2l) 579 8l59"),
        ("Tcl +44 7873 8543Ol", "+44 7873 8543Ol"),
    ],
)
def test_phones(text: str, phone: str) -> None:
    assert [find for find in found(text) if find[0] != "PERSON"] == [("PHONE", phone)]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("Please charge 4539-1223-7622-6407 today", "CREDIT_CARD", "4539-1223-7622-6407"),
        ("cc=4024240188490912;exp=0927", "CREDIT_CARD", "4024240188490912"),
        ("card_4024240188490912", "CREDIT_CARD", "4024240188490912"),
        ("3714 488873 16919 exp 09/27", "CREDIT_CARD", "3714 488873 16919"),
        ("４１１１ １１１１ １１１１ １１１１", "CREDIT_CARD", "４１１１ １１１１ １１１１ １１１１"),
        ("RIB : FR14 2004 1010 0505 0001 3M02 606", "IBAN", "FR14 2004 1010 0505 0001 3M02 606"),
        ("iban:DE89370400440532013000,bic:DEUTDEFF500", "IBAN", "DE89370400440532013000"),
        ("SSN on the W-9 reads 754-19-7253.", "US_SSN", "754-19-7253"),
        ("social security number: 754197253", "US_SSN", "754197253"),
        ("src=92.68.143.168 port=443", "IP_ADDRESS", "92.68.143.168"),
        ("over 2001:db8:8f3f:38e5:6d4e:95f5:6c60:f65a today", "IP_ADDRESS", "2001:db8:8f3f:38e5:6d4e:95f5:6c60:f65a"),
        ("see http://10.20.30.40/status", "IP_ADDRESS", "10.20.30.40"),
        ("aws_access_key_id = AKIATCV2M55AZ5REJPWC", "SECRET", "AKIATCV2M55AZ5REJPWC"),
        ("GH_TOKEN=gho_Hnz8Stw3uVgRsbIWuWqEl6LsverzPpRajwEv", "SECRET", "gho_Hnz8Stw3uVgRsbIWuWqEl6LsverzPpRajwEv"),
        ("Bearer eyJhbGciOiJI.eyJPpTwScZAF.Jx2G60RNsW", "SECRET", "eyJhbGciOiJI.eyJPpTwScZAF.Jx2G60RNsW"),
    ],
)
def test_other_structured_types(text: str, kind: str, value: str) -> None:
    assert found(text) == [(kind, value)]


@pytest.mark.parametrize(
    "url",
    [
        "https://sso.x.example/reset?token=972c6857de941c50",
        "https://app.x.example/invite?email=brantley%40y.example&c=1722",
        "https://app.x.example/u?m=brantley@y.example",
        "https://ann:secret@x.example/",
        "https://www.linkedin.com/in/ricky-mccullough-9613",
        "linkedin.com/in/ricky-mccullough-9613",
        "https://x.example/share/9bdc6dfa00badcd8a76edb30",
    ],
)
def test_a_link_with_a_token_an_address_or_a_profile_is_masked_whole(url: str) -> None:
    assert found(f"Open {url}, please.") == [("URL", url)]


@pytest.mark.parametrize(
    "text",
    [
        "order 6011764468723144 shipped Feb 2026",
        "serial 4539 3503 5232 9285, asset 344191ef-d803-4233-afe2-f9ef06a7e699",
        "updated from 1.3.7.44 to 10.5.17.24 on 24.12.2024",
        "Since 3.11.9.3780 rolled out on 04.12.2023 it fails",
        "version 9.11.18.207",
        "ISBN 9780690400700, EAN 4063022013218, qty 7,467",
        "tracking RR591309368DE, tracking JD142520678338885932",
        "case SUP-71669, invoice INV2025/31129, PO ORD-75774810, total $476,019",
        "timestamps 1741083751 and 20250304102231, epoch ms 1741083751123",
        "order 331-3095466-6261762 and 457-8996815-8406716",
        "lat 52.5200, lon 13.4050; ratio 1920x1080; size 12,500 x 8,400 px; part SKU 42242165",
        "€382614.45 before 19.07.2023, 369150 € and 266577 USD",
        "Call volume: 2981427 calls on Feb 17",
        "at 10:15:30 std::vector and 00:1a:2b:3c:4d:5e",
        "see https://help.x.example/articles/4111222233/rotate?page=2 and https://github.com/x/y/issues/7",
        "1 2 3 4 5 6 7 8 9 10 11 12",
        "612 345 000 and 512 309 152 EUR",
        "part B1O2-77l, serial 1O2l345678, model O123l4567, I 24 hours, 10l of l1l1l1l1l1",
        "Bestellnummer 4915123456 vom 2025-01-14",
        "@brightwater_help this is the third time",
    ],
)
def test_what_must_survive_survives(text: str) -> None:
    assert found(text) == []


def test_a_value_that_is_masked_once_does_not_stand_elsewhere_in_the_event_in_the_clear() -> None:
    scrubbed = scrubber.scrub(["Please call 7904098484.", "He gave 7904098484 twice."])
    assert scrubbed.texts == ("Please call <PHONE_1>.", "He gave <PHONE_1> twice.")


def test_two_forms_of_one_phone_have_one_placeholder_and_an_extension_makes_it_another() -> None:
    scrubbed = scrubber.scrub(["+1 415 555 0123, (415) 555-0123, 415.555.0123 ext. 12"])
    assert scrubbed.texts == ("<PHONE_1>, <PHONE_1>, <PHONE_2>",)


def test_two_countries_numbers_with_the_same_national_digits_stay_two() -> None:
    scrubbed = scrubber.scrub(["+44 20 7946 0018 and +39 2079460018"])
    assert scrubbed.texts == ("<PHONE_1> and <PHONE_2>",)


def test_values_are_the_same_whatever_their_case_width_and_separators() -> None:
    scrubbed = scrubber.scrub(
        ["ANN@x.example ann@X.example ａｎｎ@x.example", "4111 1111 1111 1111 / 4111-1111-1111-1111"]
    )
    assert scrubbed.texts == ("<EMAIL_1> <EMAIL_1> <EMAIL_1>", "<CREDIT_CARD_1> / <CREDIT_CARD_1>")


def test_an_invisible_character_that_is_all_that_parts_two_values_hides_neither() -> None:
    assert scrubber.scrub(["4111 1111 1111 1111\u200b(415) 555-0123"]).texts == ("<CREDIT_CARD_1>\u200b<PHONE_1>",)


def test_an_ip_address_behind_another_number_is_found() -> None:
    assert found("4111 1111 1111 1111 10.20.30.40") == [
        ("CREDIT_CARD", "4111 1111 1111 1111"),
        ("IP_ADDRESS", "10.20.30.40"),
    ]


def test_only_the_types_of_the_policy_are_masked() -> None:
    scrubbed = Scrubber(ScrubPolicy.masking("EMAIL")).scrub(["ann@x.example +1 415 555 0123"])
    assert scrubbed.texts == ("<EMAIL_1> +1 415 555 0123",)


def test_a_policy_with_a_type_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown types: EMIAL"):
        ScrubPolicy.masking("EMIAL")


def test_redactions_count_places_by_type() -> None:
    assert scrubber.scrub(["ann@x.example", "ann@x.example, bob@x.example"]).redactions == {"EMAIL": 3}


def test_a_company_and_a_place_survive_even_if_the_record_knows_them() -> None:
    scrubbed = scrubber.scrub(["Hexaworks in Lyon"], {"ORGANIZATION": ["Hexaworks"], "LOCATION": ["Lyon"]})
    assert scrubbed.texts == ("Hexaworks in Lyon",)


def test_a_value_that_its_neighbours_hide_is_masked_where_it_was_found_elsewhere() -> None:
    scrubbed = Scrubber().scrub(["www.GB29NWBK60161331926819\ud800GB29NWBK60161331926819"])
    assert "GB29NWBK60161331926819" not in scrubbed.texts[0]
    assert {span.placeholder for span in scrubbed.spans[0]} == {"<IBAN_1>"}
