"""A known name with the ending of a case: "Nowakowskiej", "Petrem", "Müllers", "Virtasen".

Slavic and Baltic languages, Finnish, Hungarian and Turkish put endings to names, German its genitive. What is looked
for is the stem, where it begins a word with a capital; what is left of the word must be one of the endings.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from processors.pii.folding import is_edge
from processors.pii.people.lexicon import is_mere_word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from processors.pii.folding import Folded

_FEWEST_LETTERS = 4
_LONGEST_ENDING = 5
_VOWELS = "aeiouy"
_REST = re.compile(r"[^\W\d_]{0,6}+")
# Folded: "ą" is "a", "ů" is "u". An ending of one language is rarely a word's of another.
_ENDINGS = frozenset(re.findall(r"\w+", """
    a u e y i o s n t em om ou ovi owi ovu ie iem iemu iego ego emu ym im ej iej eje ova ove owa owej ovej ovou ami
    ach oj eju ii ju ja je in en es ens nin nun lla lle lta ssa sta sen seen nak nek val vel rol rol hoz nal nel tol
    yi ya ye da de dan den la le yla yle as is us ui ai
"""))  # fmt: skip


def stems_of(word: str) -> tuple[str, ...]:
    """Give what the forms of a folded name begin with; nothing for names too short to be told from other words."""
    if len(word) < _FEWEST_LETTERS or not word.isalpha():
        return ()
    stems = [word[:-1] if word[-1] in _VOWELS and len(word) > _FEWEST_LETTERS else word]
    if len(word) > _FEWEST_LETTERS and word[-2] == "e" and word[-1] not in _VOWELS:
        stems.append(word[:-2] + word[-1])  # Marek, Marka; Pavel, Pavla
    return tuple(stems)


def inflected(folded: Folded, stem: str) -> Iterator[tuple[int, int]]:
    """Give where a word with a capital is `stem` and an ending, and no word of its own."""
    lower = folded.lower
    start = lower.find(stem)
    while start >= 0:
        rest = _REST.match(lower, start + len(stem))
        end = rest.end() if rest else start
        ending = lower[start + len(stem) : end]
        whole = is_edge(lower, start - 1) and is_edge(lower, end) and folded.text[start].isupper()
        if whole and ending in _ENDINGS and not is_mere_word(lower[start:end]):
            yield start, end
        start = lower.find(stem, start + len(stem))
