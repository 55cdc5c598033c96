"""Write CRM texts with invented people, firms and products, marked, for `benchmarks.people.train` to learn from.

    python -m benchmarks.people.texts --out texts.jsonl --each 12

The texts stand in `texts/`, one a line, by language; `texts/en.txt` says what a slot in braces means. A quarter of the
names is in no list: learnt from listed names alone, the weights would trust the lists more than the words around.
Needs the package Faker.
"""

from __future__ import annotations

import argparse
import importlib
import json
import random
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_LOCALES = {
    "en": ("en_US", "en_GB", "en_IN", "en_NG", "en_IE", "fr_FR", "de_DE", "es_MX", "it_IT", "pl_PL", "pt_BR", "ar_AA"),
    "de": ("de_DE", "de_AT", "tr_TR"),
    "fr": ("fr_FR", "fr_DZ"),
    "es": ("es_ES", "es_MX"),
    "it": ("it_IT",),
    "pt": ("pt_BR", "pt_PT"),
    "nl": ("nl_NL",),
    "pl": ("pl_PL",),
    "sv": ("sv_SE",),
    "da": ("da_DK",),
    "tr": ("tr_TR",),
    "cs": ("cs_CZ", "sk_SK"),
    "vi": ("vi_VN",),
}
_SLOT = re.compile(r"\{\{|\}\}|\{(\w+)\}")

# Vendors that are called as people are, or as words, and others; of none is known that it is a customer's.
_VENDORS_LIKE_PEOPLE = """
    Clara, Otto, Harvey, Marcus, Alexa, Amelia, Cora, Oscar, Hugo, Casper, Dave, Albert, Erica, Watson, Claude,
    Sierra, Stella, Sophia, Leo, Max, Emma, Kira, Ravi, Dixa, Nina, Tessa, Ellie, Eva, Olivia, Felix, Aria, Lena,
    Iris, Ruby, Morgan Stanley, Charles Schwab, Wells Fargo, Raymond James, Edward Jones, Ralph Lauren, Tommy
    Hilfiger, John Deere, Jack Wolfskin, Johnson & Johnson, Price & Cooper, Marks & Spencer, Barnes & Noble, Smith &
    Sons, Baker Tilly, Grant Thornton, Arthur Andersen, Booz Allen, Oliver Wyman, Peter Hahn, Leroy Merlin, Albert
    Heijn, Hugo Boss
"""
_VENDORS = """
    Dynamo CRM, Zoho, Kustomer, Gladly, Front, Drift, Dialpad, Talkdesk, Genesys, Copper, Close, Monday, Braze,
    Clari, Outreach, Apollo, Klaviyo, Chargebee, Zuora, Medallia, Qualtrics, Tidio, LivePerson, SugarCRM, Bitrix,
    Teamleader, Lexoffice, Personio, Doctolib, Bynder, Acme, Globex, Umbrella Corp, Stark Industries, Fabrikam,
    Contoso, Nordwind, Vodafone, Telekom, Movistar, Bouygues, Deutsche Bank, Allianz, Mapfre, Generali, Philips,
    Bosch, Miele, Sony, Brightbase, DataForge, CloudNine, ParcelHero, QuickBase, PayFlow, Solvento, Kaltura, Vextra,
    Zenity, Orbix, Lumeo
"""
_PRODUCTS = """
    Flow Builder, Report Studio, CloudDesk, Pulse, Nimbus Pro, Team Inbox, Ledger One, RouteMax, Starter plan,
    Family Plan, Business Suite, MailMerge, Voice Add-on, Prime Support, Field Service, Smart Forms, Atlas, Orion,
    Helix 4, Mercury, Sales Cloud, Data Lake, Vision Kit, Premium Care, Basic Tarif, PowerDesk, AutoReply,
    Scheduler, TimeTrack
"""
_CITIES = """
    London, Leeds, Austin, Boston, Denver, Paris, Lyon, Berlin, Köln, Wien, Madrid, Sevilla, Roma, Milano, Lisboa,
    Porto, Utrecht, Warszawa, Kraków, Praha, Malmö, Aarhus, Istanbul, Hanoi, Charlotte, Madison, Florence, San Jose,
    Santiago, Croydon, Hackney, Islington, Shoreditch, Wapping, Clapham, Brixton, Tooting, Balham, Ealing, Acton,
    Hounslow, Harrow, Wembley, Enfield, Barnet, Finchley, Highgate, Chiswick, Twickenham, Wimbledon, Morden, Sutton,
    Bromley, Lewisham, Greenwich, Stockport, Bolton, Wigan, Burnley, Chorley, Harrogate, Whitby, Ludlow, Kendal,
    Penrith, Truro, Exmouth, Yonkers, Hoboken, Paramus, Fairfax, Bethesda, Towson, Tacoma, Yakima, Provo, Ogden,
    Amarillo, Lubbock, Laredo, Plano, Naperville, Joliet, Peoria, Duluth, Topeka, Norman, Macon, Augusta, Mobile,
    Biloxi, Shreveport, Savannah, Ocala, Kreuzberg, Neukölln, Schwabing, Altona, Eppendorf, Ehrenfeld,
    Sachsenhausen, Gohlis, Linden, Fürth, Erlangen, Worms, Neuss, Moers, Hamm, Siegen, Marais, Montrouge, Vincennes,
    Pantin, Roubaix, Annecy, Valence, Getafe, Alcorcón, Sants, Trastevere, Monza, Lecce, Pinheiros, Niterói, Hoorn,
    Zeist, Breda, Sopot, Gdynia, Kallithea, Kadikoy, Zizkov
"""
# Names that are words or places, which Faker has few of. In English texts one name in eight is one.
_WORDS_AS_FIRST = """
    Will, Mark, Bill, Rose, Grace, Hope, Faith, Joy, Frank, Art, Gene, Rich, Rob, Drew, Chase, Grant, Dawn, April,
    May, June, Summer, Autumn, Iris, Lily, Daisy, Violet, Ivy, Heather, Holly, Olive, Ruby, Pearl, Amber, Crystal,
    Jade, Penny, Sunny, Sandy, Pat, Sue, Ray, Jack, Dean, Earl, Duke, Lance, Miles, Clay, Reed, Cliff, Brook,
    Forest, Hunter, Mason, Carter, Parker, Tucker, Chance, Cash, Ace, Max, Victor, Angel, Christian, Charity, Mercy,
    Carol, Melody, Ginger, Robin, Jay, Guy, Norm, Buck, Chuck, Skip, Chip, Nick, Bob, Harry, Pierce, Wade, Lane,
    Dale, Glen, Austin, Paris, Jordan, Sydney, Charlotte, Florence, Victoria, Virginia, Georgia, Savannah, Chelsea,
    Brooklyn, Al, Ed, Ken, Don, Lee
"""
_WORDS_AS_LAST = """
    Long, Short, Young, Stone, Price, Day, White, Black, Brown, Green, Bell, Banks, Case, Cook, Baker, King, Page,
    Field, Wood, Rivers, Hill, Bush, Marsh, Frost, Snow, Rich, Wise, Strong, Sharp, Love, Power, Park, Lane, Street,
    Church, Bishop, Knight, Pope, Fox, Wolf, Lamb, Bird, Fish, Drake, Crane, Swan, Waters, Summers, Winters, Weeks,
    Fields, Woods, Sales, Ward, Law, Wills, Pound, Penny, Cash, Small, Little, Best, Good, Hall, House, Marks, Lay,
    Buy, Sanders, London
"""
_WORD_IN = 8
_SYLLABLES = """
    ba, be, bri, clo, cro, da, dra, fa, fi, flo, ga, go, ha, jo, ka, ki, la, lo, ma, mo, na, ni, pla, pro, qua, ra,
    ri, sa, ser, sta, ta, tri, ve, vo, wa, zo
"""
_BRAND_ENDINGS = """
    ix, ly, io, ora, ify, on, us, eo, sy, ware, ia, lift, stack, mind, net, tron, va, dex, lette, nity, gum, riter,
    rix, len
"""
_TITLE_ONLY = re.compile(r"[^\W\d_]+(?:[ '\-][^\W\d_]+)*")


def _list(text: str) -> list[str]:
    return [" ".join(entry.split()) for entry in text.split(",")]


VENDORS_LIKE_PEOPLE, VENDORS = _list(_VENDORS_LIKE_PEOPLE), _list(_VENDORS)
PRODUCTS, CITIES = _list(_PRODUCTS), _list(_CITIES)
SYLLABLES, BRAND_ENDINGS = _list(_SYLLABLES), _list(_BRAND_ENDINGS)


class Names(NamedTuple):
    """First and last names of a language."""

    first: Sequence[str]
    last: Sequence[str]


def names_of(language: str) -> Names:
    """Read the names of a language's locales from Faker, those that are made of letters of the Latin alphabet."""
    first: set[str] = set()
    last: set[str] = set()
    for locale in _LOCALES[language]:
        provider: Any = importlib.import_module(f"faker.providers.person.{locale}").Provider
        first.update(name for name in provider.first_names if _TITLE_ONLY.fullmatch(name))
        last.update(name for name in provider.last_names if _TITLE_ONLY.fullmatch(name))
    if language == "en":
        return Names(_with(sorted(first), _WORDS_AS_FIRST), _with(sorted(last), _WORDS_AS_LAST))
    return Names(sorted(first), sorted(last))


def _with(names: list[str], words: str) -> list[str]:
    """Give `names` and `words`, so that one in `_WORD_IN` is a word."""
    listed = _list(words)
    return names + listed * (len(names) // (_WORD_IN - 1) // len(listed))


class Inventor:
    """Fills the slots of texts, the same way for the same seed."""

    def __init__(self, seed: int) -> None:
        """Start from `seed`."""
        self._random = random.Random(seed)

    def document(self, template: str, names: Names) -> tuple[str, list[tuple[int, int]]]:
        """Fill one text; give it with where people are named in it, in code points."""
        text, done = "", 0
        spans: list[tuple[int, int]] = []
        template = template.replace("\\n", "\n")
        for slot in _SLOT.finditer(template):
            text += template[done : slot.start()]
            done = slot.end()
            if slot[1] is None:
                text += slot[0][0]
                continue
            value, is_name = self._value(slot[1], names)
            if is_name:
                spans.append((len(text), len(text) + len(value)))
            text += value
        return text + template[done:], spans

    def _value(self, slot: str, names: Names) -> tuple[str, bool]:
        others: dict[str, Callable[[], str]] = {
            "v": lambda: self._brand(self._random.choice((VENDORS_LIKE_PEOPLE, VENDORS))),
            "g": lambda: self._brand(PRODUCTS),
            "c": lambda: self._random.choice(CITIES),
            "o": lambda: (
                self._random.choice(("#", "ORD-", "SO-2025-", "A", "")) + str(self._random.randint(10**4, 10**8))
            ),
            "n": lambda: str(self._random.randint(10**4, 10**9)),
        }
        if slot in others:
            return others[slot](), False
        return self._name(slot, names), True

    def _name(self, slot: str, names: Names) -> str:
        first, last = self._varied(names.first), self._varied(names.last)
        whole = {
            "f": first,
            "l": last,
            "p": f"{first} {last}",
            "i": f"{first[0]}. {last}",
            "r": f"{last}, {first}",
            "a": f"{first} {last[0]}.",
        }[slot[-1].lower()]
        if slot.isupper():
            return whole.upper()
        return whole.lower() if len(slot) > 1 else whole

    def _brand(self, known: Sequence[str]) -> str:
        """Give a brand, a third of them invented: what is in no list is not therefore somebody."""
        if self._random.random() > 1 / 3:
            return self._random.choice(known)
        syllables = self._random.choices(SYLLABLES, k=self._random.choice((1, 2, 2)))
        return "".join([*syllables, self._random.choice(BRAND_ENDINGS)]).title()

    def _varied(self, names: Sequence[str]) -> str:
        """Give a name, a quarter of them in no list: the beginning of one name with the end of another."""
        name = self._random.choice(names)
        if self._random.random() < 0.75 or not name.isalpha():
            return name
        other = self._random.choice([other for other in self._random.choices(names, k=20) if other.isalpha()] or [name])
        return name[: (len(name) + 1) // 2] + other[(len(other) + 1) // 2 :].lower()


def documents(folder: Path, each: int, seed: int) -> Iterator[dict[str, object]]:
    """Give `each` fillings of each text of `folder`."""
    inventor = Inventor(seed)
    for file in sorted(folder.glob("*.txt")):
        names = names_of(file.stem)
        lines = [line for line in file.read_text("utf-8").splitlines() if line and not line.startswith("#")]
        for number, template in enumerate(lines):
            for _ in range(each if "{" in template else 1):
                text, spans = inventor.document(template, names)
                marks = [{"start": start, "end": end, "type": "PERSON"} for start, end in spans]
                yield {"text": text, "template": f"{file.stem}{number}", "spans": marks}


def main() -> None:
    """Write the texts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--each", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with options.out.open("w", encoding="utf-8") as out:
        for document in documents(Path(__file__).parent / "texts", options.each, options.seed):
            out.write(json.dumps(document, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
