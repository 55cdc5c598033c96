"""The forms of a known name that can be written down beforehand: other spellings, short forms, names of accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from processors.pii.folding import fold, is_unspaced
from processors.pii.known.nicknames import called

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

_GIVEN_NAME_BEHIND_ONE = 3
_FEWEST_OF_ACCOUNT = 4
_SPELLED_OUT = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ø": "oe", "å": "aa", "æ": "ae", "œ": "oe", "þ": "th"}
)


def spellings(word: str, as_written: str) -> set[str]:
    """Give the spellings of one word of a name: umlauts and ligatures spelled out (Mueller), apostrophes left out."""
    forms = {word, word.replace("'", "")}
    if not as_written.isascii():
        forms.add(fold(as_written.lower().translate(_SPELLED_OUT)).lower)
    # 王晓燕, 김민수: one character of family name, and the given name is used alone.
    if is_unspaced(word) and len(word) == _GIVEN_NAME_BEHIND_ONE:
        forms.add(word[1:])
    return {form for form in forms if len(form) > 1}


def also_called(name: str, written: Iterable[str], particles: Collection[str]) -> Iterator[str]:
    """Give what else the bearer of a name is called: Bob for Robert, and `rjones` as an account is named."""
    words = [word for word in written if word not in particles and word.isalpha() and not is_unspaced(word)]
    if not words:
        return
    first, last = (words[-1], words[0]) if "," in name else (words[0], words[-1])
    yield from called(first)
    if first != last and len(last) >= _FEWEST_OF_ACCOUNT:
        yield from (first[0] + last, last + first[0], first + last, last + first)
