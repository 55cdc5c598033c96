"""How usual a word is as a first name, as a last name, and as anything else. Folded words, as texts are.

The list is read at first use: 70 ms and 30 MB, once a process. Its sources stand in `data/LICENSE`; it is made by
`benchmarks/people/gazetteer.py`.
"""

from __future__ import annotations

import gzip
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Entry(NamedTuple):
    """What is known of a word; each but the last from 0 (not that) to 3 (as usual as can be)."""

    first: int
    last: int
    common: int
    thing: int
    """1: often written with a capital in prose of any language. 2: a place, a time, a people, a firm."""
    kind: str
    """All of it in one letter, which is what a word's neighbours are told."""


def _entry(first: int, last: int, common: int, thing: int) -> Entry:
    return Entry(first, last, common, thing, _kind(first, last, common, thing))


def _kind(first: int, last: int, common: int, thing: int) -> str:
    if not (first or last):
        if thing > 1:
            return "P"
        return ("K" if thing else "U") if not common else "W" if common > 1 else "w"
    if common > 1:
        return "A" if first >= USUAL else "a"  # "Will", "Stone"
    if thing > 1:
        return "Q" if first >= USUAL else "q"  # "Paris", "Leeds"
    if first >= USUAL:
        return "B" if last >= USUAL else "F"
    return "L" if last >= USUAL else "r"


USUAL = 2
"""From here on a word is usual as what it is."""

NOT_LISTED = _entry(0, 0, 0, 0)

_FEWEST_LETTERS = 5
# An ending of a case, and what a name ends in without it.
_BASES: dict[str, tuple[str, ...]] = {
    "owej": ("owa",), "ovej": ("ova",), "skiego": ("ski",), "skiemu": ("ski",), "skim": ("ski",),
    "skeho": ("sky",), "skemu": ("sky",), "ckiego": ("cki",), "ckiemu": ("cki",), "ckim": ("cki",),
    "skiej": ("ska", "ski"), "ckiej": ("cka", "cki"), "skej": ("ska",), "owie": ("", "o"),
    "ovia": ("",), "ami": ("a",),
    "owi": ("", "a", "o"), "ovi": ("", "a", "o"), "iem": ("",), "ego": ("y", "i", "e"), "emu": ("y", "i"),
    "ou": ("a",), "em": ("", "o", "e"), "om": ("", "o"), "oj": ("a",), "ej": ("a",), "ym": ("y",),
    "im": ("i",), "u": ("", "a", "o"), "a": ("", "o", "e", "y"), "y": ("a", ""), "i": ("a", ""),
    "o": ("a",), "e": ("a", ""),
}  # fmt: skip
_LONGEST_ENDING = max(map(len, _BASES))


@cache
def _lists() -> tuple[dict[str, int], dict[str, int], tuple[Entry, ...]]:
    """Give the number of the class of each word that is hardly anything but a name, of all others, and the classes.

    Numbers and not the entries themselves: a dict of strings and numbers is none of the garbage collector's, which
    would walk through all 240,000 words every few events (3 ms of 6 KB, measured).
    """
    file = resources.files("processors.pii.people") / "data" / "names.txt.gz"
    classes = [NOT_LISTED]
    names: dict[str, int] = {}
    others: dict[str, int] = {}
    for line in gzip.decompress(file.read_bytes()).decode().splitlines():
        code, _, words = line.partition(" ")
        entry = _entry(*map(int, code))
        mere_name = (entry.first or entry.last) and not entry.common
        (names if mere_name else others).update(dict.fromkeys(words.split(" "), len(classes)))
        classes.append(entry)
    return names, others, tuple(classes)


def names_a_person(words: Sequence[str]) -> bool:
    """Tell whether one of `words`, folded and lower case, is hardly anything but a name. Some 30 ns a word."""
    return not _lists()[0].keys().isdisjoint(words)


def _listed(word: str) -> Entry | None:
    names, others, classes = _lists()
    number = names.get(word) or others.get(word)
    return classes[number] if number else None


@cache
def mere_words() -> tuple[Callable[[str], int | None], frozenset[int]]:
    """Give the number of a listed word that is not merely a name, and the numbers of those that are none at all.

    For whoever asks of every word with a capital: most are no names, and begin a sentence.
    """
    _, others, classes = _lists()
    mere = (number for number, entry in enumerate(classes) if entry.common and not (entry.first or entry.last))
    return others.get, frozenset(mere)


def is_mere_word(word: str) -> bool:
    """Tell whether a folded, lower-case word is listed and no name."""
    number_of, mere = mere_words()
    return number_of(word) in mere


def entry_of(word: str) -> Entry:
    """Give what is known of a folded, lower-case word; of one of several parts, what its parts are together."""
    found = _listed(word)
    if found is not None:
        return found
    if "'" in word or "-" in word:
        return _of_parts(word)
    return _inflected(word) if len(word) >= _FEWEST_LETTERS else NOT_LISTED


def _of_parts(word: str) -> Entry:
    joined = _listed(word.replace("'", ""))
    if joined is not None:
        return joined
    parts = [part for part in word.replace("'", "-").split("-") if len(part) > 1]
    if "'" in word and len(parts) > 1 and len(parts[-1]) < _FEWEST_LETTERS - 1:
        parts.pop()  # Turkish puts its endings there: "Mehmet'in"
    return (
        _entry(*(max(values) for values in zip(*(entry_of(part)[:4] for part in parts), strict=True)))
        if parts
        else NOT_LISTED
    )


def _inflected(word: str) -> Entry:
    """Give what is known of the name that a Slavic, Baltic or Hungarian ending was put to, one step less usual."""
    for length in range(min(_LONGEST_ENDING, len(word)), 0, -1):
        for base in _BASES.get(word[-length:], ()):
            found = _listed(word[:-length] + base)
            if found is not None and (found.first > 1 or found.last > 1) and not found.common:
                return _entry(max(found.first - 1, 0), max(found.last - 1, 0), 0, 0)
    return NOT_LISTED
