"""Write `names.txt.gz`: the words that are first names, last names and common words, and how usual they are as each.

Needs the package Faker, and paths to what is named in `processors/pii/people/data/LICENSE`:

    python -m benchmarks.people.gazetteer --census DIR --births us-name-data.sqlite --scowl DIR --out FILE

Names are folded as texts are (`processors.pii.folding`), so one entry stands for all spellings of a word.
"""

from __future__ import annotations

import argparse
import gzip
import importlib
import pkgutil
import re
import sqlite3
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from processors.pii.folding import fold
from processors.pii.known.lexicon import COMMON_WORDS, HONORIFICS, PARTICLES, ROLES
from processors.pii.known.stop_words import FOLDED_STOP_WORDS
from processors.pii.people.places import PLACES
from processors.tokens.vocabulary import encoding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_WORD = re.compile(r"[^\W\d_]{2,}")
_LATIN_CYRILLIC_GREEK = re.compile(r"[a-z\u0370-\u052f]+")
_SPELLED_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ø": "oe", "å": "aa"})

# Births in the US from 1880 on, as first name: usual, known, rare. Below, a name is as often a slip of a clerk.
_BIRTHS = (50_000, 2_000, 150)
# Rank of a last name in the census of 1990: usual, known, rare.
_RANKS = (2_000, 20_000, 100_000)
# Sizes of SCOWL: the words that everybody uses, those that most know, the rest of a small dictionary.
_SIZES = {3: (10, 20), 2: (35,), 1: (40, 50)}
_FREQUENT_TOKEN = 20_000
_FEWEST_OF_TOKEN = 5
_NO_RANK = 200_000
_RATHER = 0.6


def words_of(name: str) -> Iterator[str]:
    """Give the folded words of a name that can be told from ordinary text by themselves, umlauts in both spellings."""
    for spelling in {name.lower(), name.lower().translate(_SPELLED_OUT)}:
        for word in _WORD.findall(fold(spelling).lower):
            if _LATIN_CYRILLIC_GREEK.fullmatch(word) and word not in PARTICLES | HONORIFICS:
                yield word


def faker_names() -> tuple[set[str], set[str]]:
    """Give the first and the last names of all locales of Faker."""
    persons = importlib.import_module("faker.providers.person")  # only this script needs Faker
    first: set[str] = set()
    last: set[str] = set()
    for module in pkgutil.iter_modules(persons.__path__):
        provider = importlib.import_module(f"{persons.__name__}.{module.name}").Provider
        for attribute in dir(provider):
            names = getattr(provider, attribute)
            if isinstance(names, (list, tuple, dict)) and "format" not in attribute:
                if re.match(r"first_(romanized_)?names|middle_names", attribute):
                    first.update(word for name in _strings(names) for word in words_of(name))
                elif re.match(r"((fe)?male_|unisex_)?last_(romanized_)?names", attribute):
                    last.update(word for name in _strings(names) for word in words_of(name))
    return first, last


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, tuple, dict)):  # a dict is names to their weights
        for item in value:
            yield from _strings(item)


def births(path: Path) -> dict[str, int]:
    """Give each first name's usualness by the births that the Social Security Administration counted."""
    found: Counter[str] = Counter()
    with sqlite3.connect(path) as database:
        for name, count in database.execute("select name, sum(births) from usNameData group by name"):
            found[fold(name).lower] += count
    return {name: tier for name, count in found.items() if (tier := 3 - sum(count < least for least in _BIRTHS))}


def census(folder: Path) -> tuple[dict[str, int], set[str]]:
    """Give each last name's usualness by its rank in the census, and the first names of the census."""
    last: dict[str, int] = {}
    for line in (folder / "dist.all.last").read_text("ascii").splitlines():
        name, _, _, rank = line.split()
        last[name.lower()] = 3 - sum(int(rank) > most for most in _RANKS)
    files = [folder / "dist.female.first", folder / "dist.male.first"]
    return last, {line.split()[0].lower() for file in files for line in file.read_text("ascii").splitlines()}


def common_words(scowl: Path) -> dict[str, int]:
    """Give how common a word is as anything but a name: by SCOWL in English, by the tokens of a model elsewhere.

    A token that the vocabulary has earlier with a capital than without is rather a name ("john"); short ones are as
    often the beginnings of longer words ("dan").
    """
    ranks = _ranks()
    found: dict[str, int] = {}
    for word, rank in ranks.items():
        if word.islower() and len(word) >= _FEWEST_OF_TOKEN and rank < ranks.get(word.title(), rank + 1):
            _note(found, word, 2 if rank < _FREQUENT_TOKEN else 1)
    for tier, sizes in _SIZES.items():
        for file in (f"{group}-words.{size}" for group in ("english", "american", "british") for size in sizes):
            for word in (scowl / file).read_text("latin-1").split() if (scowl / file).exists() else ():
                rather_a_name = ranks.get(word.title(), _NO_RANK) < _RATHER * ranks.get(word, _NO_RANK)
                _note(found, word, 1 if rather_a_name else tier)
    for word in COMMON_WORDS | ROLES:
        _note(found, word, 1)
    for word in FOLDED_STOP_WORDS:
        found[word] = 3
    return found


def _note(found: dict[str, int], word: str, tier: int) -> None:
    folded = fold(word).lower
    if folded.isalpha() and len(folded) > 1:
        found[folded] = max(found.get(folded, 0), tier)


def capitalised_words() -> set[str]:
    """Give the words that the model's vocabulary has with a capital: names of people, and of things."""
    return {fold(word).lower for word in _ranks() if len(word) > 2 and word.istitle()}


def _ranks() -> dict[str, int]:
    """Give the whole words of the model's vocabulary, and how early each is in it: frequent ones are."""
    vocabulary = encoding("o200k_base")
    tokens = (vocabulary.decode_single_token_bytes(rank) for rank in range(vocabulary.n_vocab - 100))
    words = ((token[1:].decode("utf-8", "replace"), rank) for rank, token in enumerate(tokens) if token[:1] == b" ")
    return {word: rank for word, rank in words if word.isalpha() and _LATIN_CYRILLIC_GREEK.match(fold(word).lower)}


def written(first: Mapping[str, int], last: Mapping[str, int], common: Mapping[str, int], seen: Iterable[str]) -> str:
    """Give the file's text: a line for each class of words, its code and the words in order."""
    seen = frozenset(seen)
    classes: dict[str, list[str]] = defaultdict(list)
    for word in sorted({*first, *last, *common, *seen, *PLACES}):
        code = (
            f"{first.get(word, 0)}{last.get(word, 0)}{common.get(word, 0)}{2 if word in PLACES else int(word in seen)}"
        )
        classes[code].append(word)
    return "".join(f"{code} {' '.join(words)}\n" for code, words in sorted(classes.items()))


def main() -> None:
    """Read the sources and write the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("census", "births", "scowl", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    options = parser.parse_args()
    first = births(options.births)
    last, census_first = census(options.census)
    faker_first, faker_last = faker_names()
    for word in faker_first | census_first:
        first[word] = max(first.get(word, 0), 2)
    for word in faker_last:
        last[word] = max(last.get(word, 0), 2)
    text = written(first, last, common_words(options.scowl), capitalised_words())
    options.out.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    print(f"{len(first)} first names, {len(last)} last names, {options.out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
