"""What a label names, and what stands behind the same word and is nobody's."""

# ruff: noqa: RUF001 - labels of other scripts are the point

from __future__ import annotations

import pytest

from processors.pii import Scrubber
from processors.pii.patterns.labelled import words

scrubber = Scrubber()

VALUES = {
    "PASSWORD": "Kx9#vLq2",
    "PIN": "482913",
    "CARD_CODE": "731",
    "KEY": "8f14e45fceea167a5a36dedd4bea2543",
    "BANK_ACCOUNT": "73719767",
    "BANK_CODE": "37040044",
    "CUSTOMER": "K-1029384",
    "USERNAME": "m.fischer84",
    "PLATFORM": "@m.fischer84",
    "BIRTH": "12.03.1984",
    "DOCUMENT": "C01X00T47",
    "SOCIAL_SECURITY": "536-22-1234",
    "CARD": "4111 1111 1111 1111",
}
ANNOUNCED = (
    *("{label}: {value}", "{label}={value}", "{label} - {value}", "{label}:\n{value}", '"{label}": "{value}"'),
    *("<td>{label}</td><td>{value}</td>", "**{label}:** {value}", "{label}：{value}", "{label} | {value}"),
)


def masked(text: str) -> list[str]:
    return [span.text for span in scrubber.scrub([text]).spans[0]]


@pytest.mark.parametrize("form", ANNOUNCED)
@pytest.mark.parametrize("family", VALUES)
def test_a_value_is_found_behind_every_name_of_its_kind(family: str, form: str) -> None:
    value = VALUES[family]
    left = [
        label
        for label in getattr(words, family).split("|")
        if masked("Hello. " + form.format(label=label, value=value)) != [value]
    ]
    assert left == []


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("the db password for staging is Tr0ub4dor&3, thanks", "SECRET", "Tr0ub4dor&3"),
        ("Passwort: winter2028!", "SECRET", "winter2028!"),
        ("password: hunter\nuser: see above", "SECRET", "hunter"),
        ("mot de passe provisoire : Bonjour75!", "SECRET", "Bonjour75!"),
        ("密码是xiaoming88", "SECRET", "xiaoming88"),
        ("Пароль - qwerty123", "SECRET", "qwerty123"),
        ('"password": "correct horse battery"', "SECRET", "correct horse battery"),
        ("Server=db01;Password=myPass1;Timeout=30", "SECRET", "myPass1"),
        ("dbPassword=x8kd92Lq", "SECRET", "x8kd92Lq"),
        ("482913 is your login code", "SECRET", "482913"),
        ("Authorization: Basic " + "YWxhZGRpbjpvcGVuc2VzYW1l", "SECRET", "YWxhZGRpbjpvcGVuc2VzYW1l"),
        ("my card's CVV is 123.", "SECRET", "123"),
        (
            "Pat: and the webhook secret?\nBill: 916099a1f30905eb8ec3bca797a20808",
            "SECRET",
            "916099a1f30905eb8ec3bca797a20808",
        ),
        ("security code on the back: 331", "SECRET", "331"),
        ("I tried Sommer2024! as the password", "SECRET", "Sommer2024!"),
        (
            "seed phrase: " + "ripple scissors kick " * 3 + "mammal hire column",
            "SECRET",
            "ripple scissors kick " * 3 + "mammal hire column",
        ),
        ("license ABCDE-12345-FGHIJ-67890-KLMNO", "SECRET", "ABCDE-12345-FGHIJ-67890-KLMNO"),
        (
            "date of birth is the third of april nineteen eighty two",
            "DATE_OF_BIRTH",
            "the third of april nineteen eighty two",
        ),
        ("member #88213455", "ACCOUNT", "88213455"),
        ("sort 20-00-00", "ACCOUNT", "20-00-00"),
        ("born on the 14th of March 1985 in Leeds", "DATE_OF_BIRTH", "14th of March 1985"),
        ("Frau Weiß, geboren am 1. Januar 1970", "DATE_OF_BIRTH", "1. Januar 1970"),
        ("nato a Roma il 12/04/1965", "DATE_OF_BIRTH", "12/04/1965"),
        ("出生日期：1965年4月12日", "DATE_OF_BIRTH", "1965年4月12日"),
        ("12/28/77 (DOB)", "DATE_OF_BIRTH", "12/28/77"),
        ("Date of birth and the last four?\nAnn: 11/1/73", "DATE_OF_BIRTH", "11/1/73"),
        ("Sort code 20-10-12", "ACCOUNT", "20-10-12"),
        ("RIB : 30002 00550 0000157841Z 25", "ACCOUNT", "30002 00550 0000157841Z 25"),
        ("Can I get your account number?\nAnn: sure, 55501234", "ACCOUNT", "55501234"),
        ("still failing for user xpenny14, thanks", "USERNAME", "xpenny14"),
        ("my username is bwilson.", "USERNAME", "bwilson"),
        ("my acct @darren_k is locked", "USERNAME", "@darren_k"),
        ("Driving licence MORGA753116SM9IJ", "NATIONAL_ID", "MORGA753116SM9IJ"),
        ("my card # 503890547220", "CREDIT_CARD", "503890547220"),
        ("the full social is 488838810", "US_SSN", "488838810"),
    ],
)
def test_a_value_is_found_as_people_write_it(text: str, kind: str, value: str) -> None:
    (span,) = (span for span in scrubber.scrub([text]).spans[0] if span.type != "PERSON")
    assert (span.type, span.text) == (kind, value)


@pytest.mark.parametrize(
    "text",
    [
        "my password is not working since 12/05/2025, the password reset link expired",
        "Password: required. Passwords must be 8 characters long with 1 number.",
        "Password: ******** and password=<redacted>",
        "Passwort vergessen? mot de passe oublié. Pass 42 of 50 tests.",
        "wrong PIN 3 times; the pin is bent on connector 12; PIN must have 4 digits",
        "error code 503, promo code SAVE20, area code 415",
        "The key takeaway from Q3 2025; API key rotation policy v2.3 of 2025-04-01",
        "idempotency-key: 344191ef-d803-4233-afe2-f9ef06a7e699",
        "token of commit 2bacace7308055b881b2bacace7308055b881b12",
        "happy birthday! see you on 12/05/2025; birthday sale ends 12/05/2025",
        "the product was born in 2019, contract dated 12/05/2025",
        "account manager is out until 2025-05-01, account balance 123456.78 EUR, 3 accounts",
        "account of 1200000 records; bic DEUTDEFF500; account 2 of 3",
        "the user is patient; user guide v2.1; username is required; user story US-1234",
        "login.example.com is down, login failed 3 times, Login: disabled",
        "@novatek_support please help; import from '@angular/core'; thanks @zendesk team",
        "License: BSD-3-clause, license count 500, Key: PROJ-1234",
        "card ending 4242 expired 09/27",
        "Agent: your account number?\nAnn: my order is 55501234",
        "pass\n\nsee https://help.x.example/a",
    ],
)
def test_what_stands_behind_a_label_and_is_nobodys_survives(text: str) -> None:
    assert [span.text for span in scrubber.scrub([text]).spans[0] if span.type != "PERSON"] == []


def test_a_user_name_and_its_password_side_by_side_are_two_values() -> None:
    scrubbed = scrubber.scrub(["Zugangsdaten: alee42 / Sommer2024!"])
    assert scrubbed.texts == ("Zugangsdaten: <USERNAME_1> / <SECRET_1>",)


def test_both_dates_of_birth_of_a_correction_are_masked() -> None:
    scrubbed = scrubber.scrub(["DOB changed from 04/17/1988 to 04/18/1988"])
    assert scrubbed.texts == ("DOB changed from <DATE_OF_BIRTH_1> to <DATE_OF_BIRTH_2>",)


def test_a_password_that_is_a_word_is_masked_only_where_it_was_announced() -> None:
    scrubbed = scrubber.scrub(["password: dragon\nThe dragon theme, and dragon again"])
    assert scrubbed.texts == ("password: <SECRET_1>\nThe dragon theme, and dragon again",)
