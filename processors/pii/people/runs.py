"""Where a name may stand: runs of words with a capital, and words of texts that are written without any.

Only what these give is looked at closely, which is what keeps the search cheap: a page of prose has a hundred words
with a capital, and four of five begin a sentence and are in no list of names.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from processors.pii.known.lexicon import PARTICLES
from processors.pii.known.stop_words import FOLDED_STOP_WORDS, FOLDED_WORDS_OF_NOBODY
from processors.pii.people.cues import SIGN_OFFS
from processors.pii.people.lexicon import USUAL, Entry, entry_of, mere_words, names_a_person

if TYPE_CHECKING:
    from collections.abc import Iterator

# Capitals that folding leaves: Latin ones without accents, and those of Cyrillic and Greek that look like no Latin one.
_CAPITAL = "A-Z\u0386-\u03ab\u0400-\u042f"
# That it begins a word is looked at behind the capital: `re` then skips to capitals three times as fast.
_CAPITALISED = rf"[{_CAPITAL}](?<![^\W_].)[^\W\d_]*+(?:['\-][^\W\d_]++)*+(?!\d)"
_WORD = re.compile(_CAPITALISED)
_LOWER_WORD = re.compile(rf"(?<![^\W_])(?![{_CAPITAL}])[^\W\d_]{{2,}}+(?:['\-][^\W\d_]{{3,}}+)*+(?!\d)")
# Articles are part of a name behind another particle only: "van der Berg", "de la Cruz", not "Rinde der Eiche".
_ARTICLES = frozenset(["der", "den", "des", "das", "la", "las", "le", "les", "los", "el", "y", "e"])
_PARTICLES = "|".join(sorted(PARTICLES - _ARTICLES - {"zum", "zur"}))
_PARTICLES = rf"(?:(?:(?:{_PARTICLES}) (?:(?:{'|'.join(sorted(_ARTICLES))}) )?|la |le |el |das )?(?:al-|el-|ul-)?)"
_JOINT = rf"(?:[ ]{{1,2}}|(?<![^\W\d_][^\W\d_])\.[ ]{{0,2}}){_PARTICLES}"
_RUN = re.compile(rf"{_CAPITALISED}(?:{_JOINT}{_CAPITALISED})*+")
_PREFIXES = ("mc", "mac", "o'", "d'", "de", "di", "la", "le", "van", "fitz", "st", "du", "al", "el")
# A line of such a length that ends in the middle of a sentence goes on in the next.
_WRAPPED, _MOST_WRAPPED = 50, 130
# One sentence that was typed: a paragraph as long as more, with capitals where sentences begin, is prose.
_SHORT = 240
# Looked back from: to look for what stands before a capital reads every letter, at three times the cost.
_INNER_CAPITAL = re.compile(rf"(?!I\b)[{_CAPITAL}](?<=[^\W\d_,;] .)[^\W\d_]")
# One word with a capital, such as a product's, in two lines of what speech recognition wrote.
_SELDOM = 100
# Codes, currencies and what is spelled: "PO-1234", "USD", "S-M-I-T-H".
_CODE = re.compile(r"(?<![\w\-])[A-Z0-9#][A-Z0-9#/._\-]++(?!\w)")
_TELLING = re.compile(r"\A[^\s:]{2,24}:|\b(?:this is|name is|hi|hey|hello|i'm|i am) ")
_ENGLISH = frozenset(re.split(r"\s+", """
    the my it's i'm you your from name under please am did what how need send transfer have i've i'd want would this
    that cancel booking payment money account reservation table today tomorrow
""".strip()))  # fmt: skip
_SPACED = {code: " " for code in range(128) if not chr(code).isalnum() and code != ord("'")}
_NO_WORD = re.compile(r"[^\w']")

_NEVER_ALONE = frozenset(re.split(r"\s+", """
    i'm i've i'd i'll it's it'll that's there's here's what's where's who's how's let's he's she's we're we've we'll
    they're you're you've you'll isn't aren't wasn't weren't hasn't haven't hadn't doesn't don't didn't won't can't
    couldn't wouldn't shouldn't monday tuesday wednesday thursday friday saturday sunday
    ok okay ah oh hm hmm huh yeah yep yup nope ugh omg lol wow whoops oops hey heyy hiya
""".strip()))  # fmt: skip

# What stands glued to a word makes it part of an address, a path or an identifier.
_GLUED_BEFORE = frozenset("@/\\._#%$")
_GLUED_AFTER = frozenset("@_\\=#-.")
# Behind a name in the mail of Lotus Notes: "Ann Lee/HOU/ECT@ECT", "Ann Lee@ACME".
NOTES_DOMAIN = re.compile(r"(?:/[A-Z]{2,12}){0,4}@[A-Z]{2,12}(?![\w.])")
_GLUED_BEFORE_LOWER, _GLUED_AFTER_LOWER = _GLUED_BEFORE | frozenset("=+&?~-<"), frozenset("@_\\=#/+&~-")


@cache
def nobody() -> frozenset[str]:
    """Give the words too frequent, or too much of a role or a greeting, to be anybody. Sue is somebody."""
    words = FOLDED_WORDS_OF_NOBODY | SIGN_OFFS | _NEVER_ALONE
    return frozenset(word for word in words if word in FOLDED_STOP_WORDS or entry_of(word).first <= USUAL)


class Token(NamedTuple):
    """A word that may be part of a name, in folded offsets."""

    start: int
    end: int
    word: str
    entry: Entry
    shape: str
    """T for Title, U for UPPER, C for CamelCase, I for an initial, l for lower case."""

    def __repr__(self) -> str:
        """Offsets and shape only: the word may be somebody's name."""
        return f"<Token {self.start}-{self.end} {self.shape}>"


def runs_of(text: str, lower: str) -> Iterator[list[Token]]:
    """Give the runs of words with a capital that one name can be made of, in order.

    A single word that is listed and no name, or nobody's by itself, is none: four of five are, and cost a look-up.
    """
    number_of, mere = mere_words()
    no_name = nobody()
    for match in _RUN.finditer(text):
        start, end = match.span()
        word = lower[start:end]
        if number_of(word) in mere or word in no_name:
            continue
        if " " not in word and "." not in word:
            token = _token(text, lower, start, end)
            if token is not None:
                yield [token]
            continue
        run: list[Token] = []
        for part in _WORD.finditer(text, start, end):
            token = _token(text, lower, *part.span())
            if token is not None:
                run.append(token)
            elif run:
                yield run
                run = []
        if run:
            yield run


def _token(text: str, lower: str, start: int, end: int) -> Token | None:
    if lower.startswith("'s", end - 2) and end - start > 2:  # noqa: PLR2004 - "Ann's"
        end -= 2
    if start and text[start - 1] in _GLUED_BEFORE:
        return None
    after = text[end : end + 2]
    if after and after[0] in _GLUED_AFTER and _is_glued(text, end, after, end - start):
        return None
    word = lower[start:end]
    return Token(
        start, end, word, entry_of(word), "T" if text[start + 1 : end].islower() else _shape(text[start:end], word)
    )


def _is_glued(text: str, end: int, after: str, letters: int) -> bool:
    """Tell whether what stands behind a word makes it a part of a number, a file, a host or an address."""
    if after[0] == "-":
        return after[1:].isdigit()  # the letters of a number: "RE-2026-4280"
    if after[0] == ".":
        return after[1:].isalnum() and letters > 1
    return NOTES_DOMAIN.match(text, end) is None


def _shape(written: str, word: str) -> str:
    if len(written) == 1:
        return "I"
    if written.isupper():
        return "U"
    return "T" if "-" in written or word.startswith(_PREFIXES) else "C"


def lower_lines(text: str, lower: str) -> Iterator[tuple[int, int]]:
    """Give the lines whose writer uses no capitals for names, as in chats and what speech recognition writes.

    A line that has a capital inside a sentence is not one, nor is a part of wrapped prose, where any line may lack one.
    """
    words = lower.translate(_SPACED) if lower.isascii() else _NO_WORD.sub(" ", lower)
    start, wraps = 0, False
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        goes_on = _WRAPPED <= end - start <= _MOST_WRAPPED and text[end - 1] not in ".!?:; "
        if not (wraps or (goes_on and end < len(text))) and _lacks_capitals(text[start:end], words[start:end]):
            yield start, end
        wraps = goes_on
        start = end + 1


def _lacks_capitals(line: str, lower: str) -> bool:
    """Tell whether a line that may name somebody is written without capitals inside its sentences.

    Where there is one at a sentence's beginning, only English is judged: in other languages too many words are names.
    `lower` has spaces for what is no word. What is cheap is asked first: most lines have a capital inside.
    """
    if line.islower():
        return _TELLING.search(line) is not None or names_a_person(lower.split())
    if line[:1].islower() and _capitals(line) * _SELDOM < len(line):
        return names_a_person(lower.split())
    if len(line) > _SHORT or not line.isascii() or _INNER_CAPITAL.search(line):
        return False
    words = lower.split()
    return not _ENGLISH.isdisjoint(words) and names_a_person(words)


def is_english(lower: str) -> bool:
    """Tell whether a line in lower case has one of the words that most English lines have, and few others."""
    return not _ENGLISH.isdisjoint(lower.translate(_SPACED).split())


def _capitals(line: str) -> int:
    return sum(map(str.isupper, _CODE.sub("", line)))


def lower_words(text: str, lower: str, start: int, end: int) -> Iterator[Token]:
    """Give the words without a capital of a line."""
    for match in _LOWER_WORD.finditer(text, start, end):
        first, last = match.span()
        before, after = text[first - 1] if first else "", text[last] if last < len(text) else ""
        if before in _GLUED_BEFORE_LOWER or after in _GLUED_AFTER_LOWER:
            continue
        word = lower[first:last].removesuffix("'s")
        yield Token(first, first + len(word), word, entry_of(word), "l")
