"""Identifiers of every kind, for tests that search what a process wrote: all invented, none a word of ours."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import quote

from schemas.events import CrmEvent, Identifier, Message
from tests.unit.streams.bench import an_event

if TYPE_CHECKING:
    from collections.abc import Iterable

IDENTIFIERS = {
    "name": "Quirin Xanthopoulos",
    "name in capitals": "WOLFHILDE GRZESZCZAK",
    "name reversed": "Okonkwo-Zwick, Xaverina",
    "name with initials": "Z. J. Ümitoğlu",
    "Chinese name": "欧阳晓燕",
    "Arabic name": "خالد المنصوري",
    "e-mail": "quirin.x@corp.example",
    "e-mail with a tag": "wolfhilde+crm77@corp.example",
    "spoken e-mail": "xaverina dot zwick at corp dot example",
    "obfuscated e-mail": "zbigniew [at] corp [dot] example",
    "US phone": "(201) 555-0187",
    "E.164 phone": "+12015550199",
    "UK phone": "+44 20 7946 0958",
    "German phone": "0171 39 20 444",
    "French phone": "06 39 98 71 22",
    "phone with extension": "415.555.0132 ext. 7781",
    "spoken phone": "four one five five five five oh one nine nine",
    "US address": "4417 Larkspur Lane, Yreka, CA 96097",
    "UK address": "17 Thistledown Mews, Hexham NE46 3QQ",
    "German address": "Quittenweg 12b, 93049 Regensburg",
    "French address": "48 rue des Mésanges, 35000 Rennes",
    "Spanish address": "Calle del Almendro 9, 28005 Madrid",
    "Italian address": "Via dei Gelsomini 33, 20121 Milano",
    "Dutch address": "Korenbloemstraat 81, 3512 JK Utrecht",
    "Polish address": "ul. Jarzębinowa 5/12, 00-950 Warszawa",
    "Visa card": "4539 1488 0343 6467",
    "American Express card": "378282246310005",
    "Mastercard": "5105-1051-0510-5100",
    "German IBAN": "DE89 3704 0044 0532 0130 00",
    "British IBAN": "GB29NWBK60161331926819",
    "US social security number": "536-90-4399",
    "British NINO": "QQ 12 34 56 C",
    "NHS number": "943 476 5919",
    "German tax id": "86 095 742 719",
    "French NIR": "2 55 08 14 168 025 38",
    "Spanish DNI": "12345678Z",
    "Italian codice fiscale": "RSSMRA85T10A562S",
    "Dutch BSN": "111222333",
    "Polish PESEL": "44051401359",
    "Portuguese NIF": "501964843",
    "Brazilian CPF": "529.982.247-25",
    "Indian Aadhaar": "2341 2341 2346",
    "Indian PAN": "ABCPZ1234K",
    "Chinese resident id": "11010519491231002X",
    "passport": "C01X00T47",
    "driving licence": "MORGA753116SM9IJ",
    "IPv4 address": "203.0.113.217",
    "IPv6 address": "2001:db8::8a2e:370:7334",
    "link with a token": "https://portal.example/reset?token=k7Jq2ZpLw9",
    "profile link": "https://www.linkedin.com/in/quirin-xanthopoulos-77",
    "date of birth": "1984-02-29",
    "date of birth in words": "3 Nov. of the year 1979",
    "user name": "zork_the_77th",
    "account number": "00-4417-9921-88",
    "sort code": "40-47-84 70872490",
    "API key": "sk_live_9aQ7mZx2Lw8Rt4Vb6Nc1",
    "AWS access key": "AKIAQ7ZX2LW8RT4VB6NC",
    "GitHub token": "ghp_Zq7Lm2Xw9Rt4Vb6Nc1Kd8Jf3Hs5Pg0Ya7Te",
    "JSON web token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJxdWlyaW4ifQ.Zq7Lm2Xw9Rt4Vb6Nc1Kd8Jf3Hs",
    "password": "Tr0ub4dor&Zwick!77",
    "PIN": "93-72-64",
}
WORDS = "zebra moonlight"

# What would be left of some of them if only a part were written.
_PARTS = ("Quirin", "Xanthopoulos", "Xaverina", "zebra", "moonlight", "5550187", "4539148803436467", "Larkspur")
NEEDLES = (*IDENTIFIERS.values(), WORDS, *_PARTS)


def everything_planted() -> str:
    """All of it in one text."""
    return "; ".join([WORDS, *(f"{kind}: {value}" for kind, value in IDENTIFIERS.items())])


def a_telling_event() -> CrmEvent:
    """An event with all of it in every place where an event holds what somebody wrote."""
    told = everything_planted()
    name, mail = IDENTIFIERS["name"], IDENTIFIERS["e-mail"]
    return an_event(
        "e1",
        told,
        title=told,
        entity=mail,
        department=mail,
        messages=(Message(author=name, role=mail, text=told), Message(author=mail, role="customer", text=told)),
        fields={"note": told, mail: told},
        changed_fields=(told,),
        identifiers=tuple(Identifier(kind, value) for kind, value in IDENTIFIERS.items()),
        attributes={"subject": told, mail: told},
        actor=mail,
    )


def telling(error: type[Exception]) -> Exception:
    """An exception as libraries raise them: it quotes what it choked on, as do its cause and its notes."""
    raised = error(f"cannot handle {everything_planted()}")
    raised.__cause__ = KeyError(everything_planted())
    raised.add_note(f"while reading {everything_planted()}")
    return raised


def leaked_into(text: str) -> list[str]:
    """Which of what was planted stand in `text`, in any case and as Python, JSON or a URL would escape them."""
    folded = text.casefold()
    return [needle for needle in NEEDLES if any(form.casefold() in folded for form in _forms(needle))]


def _forms(needle: str) -> Iterable[str]:
    escaped = (needle.encode("unicode_escape").decode(), json.dumps(needle)[1:-1], quote(needle))
    return {needle, needle.replace("@", "%40"), needle.replace(" ", "%20"), *escaped}
