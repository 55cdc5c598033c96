"""What the words around a name say about it, by class: after "Dear" stands somebody, after "the" stands a thing.

The phrases stand in `data/cues.txt`, many languages in one list: few texts name theirs, and the classes hardly clash.
"""

from __future__ import annotations

import re
from importlib import resources

from processors.pii.folding import fold
from processors.pii.known.lexicon import HONORIFICS

_SECTION = re.compile(r"\[([a-z\-]+)(?: (\w+))?\]\n([^\[]+)")


def _read() -> dict[str, dict[str, str]]:
    """Give phrase -> class for each list of the file."""
    text = (resources.files("processors.pii.people") / "data" / "cues.txt").read_text("utf-8")
    found: dict[str, dict[str, str]] = {}
    for section in _SECTION.finditer(text):
        phrases = (" ".join(fold(phrase).lower.split()) for phrase in section[3].split(","))
        found.setdefault(section[1], {}).update(dict.fromkeys(phrases, section[2] or section[1]))
    return found


_LISTS = _read()

LEFT = _LISTS["left"] | dict.fromkeys(HONORIFICS, "honorific")
"""The one to three words before a name -> what they say. Longer phrases are asked first."""

LAST_WORDS = frozenset(phrase.rpartition(" ")[2] for phrase in LEFT if " " in phrase)
"""The last words of longer phrases: behind any other, one look-up is enough."""

RIGHT = _LISTS["right"]
"""The word behind a name -> what it says."""

SIGN_OFFS = frozenset(_LISTS["sign-off"])
"""Lines after which somebody's name stands alone, without their punctuation."""

LABELS = frozenset(_LISTS["label"])
"""What stands in front of a colon or an equals sign if a name stands behind it."""

THING_LABELS = frozenset(_LISTS["thing-label"])
"""What stands in front of a colon if a thing stands behind it: "Competitors: Ada"."""

STRONG_LEFT = frozenset({"honorific", "greeting", "introduction", "role", "person_to", "label", "sign_off", "under"})
"""Classes of the left side that hardly anything but a person stands behind."""
