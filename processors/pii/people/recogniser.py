"""Finds people that nobody has named beforehand: each word of a run is scored, and neighbours become one find."""

from __future__ import annotations

from typing import TYPE_CHECKING

from processors.pii.people.candidates import candidates
from processors.pii.people.features import views
from processors.pii.people.learned import SURE, mask_learnt
from processors.pii.people.lexicon import USUAL, entry_of
from processors.pii.people.other_scripts import find_in_other_scripts
from processors.pii.people.runs import NOTES_DOMAIN, nobody
from processors.pii.people.scorer import default_scorer
from processors.pii.people.second_opinion import UNSURE, settled
from processors.pii.people.suspects import Suspect
from processors.pii.spans import SHAPED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from processors.pii.page import Page
    from processors.pii.people.candidates import Candidate
    from processors.pii.people.runs import Token
    from processors.pii.people.scorer import Scorer
    from processors.pii.people.second_opinion import SecondOpinion

# So far below zero a word may be and still be part of the name that its neighbour is.
_NEARLY = -2.5
_OF_CODES = frozenset({"slash", "digit", "dash", "glue"})
_NO_INITIAL = frozenset({"i", "a"})
_BEFORE_REVERSED = frozenset({"label", "line", "comma", "colon"})
_BEHIND_REVERSED = frozenset({"angle", "end", "paren", "bar"})


def scored(candidate: Candidate, scorer: Scorer) -> list[float]:
    """Give the score of each word of a candidate, from left to right."""
    scores: list[float] = []
    follows = False
    words = candidate.words
    for at in range(len(words)):
        score = scorer.score(views(words, at, candidate.around, follows=follows, shouted=candidate.shouted))
        scores.append(score)
        follows = score > 0
    # "Albert B. is the blocker", not "Item P/N 12".
    initials = len(words) - (candidate.around.right in _OF_CODES)
    for at in range(1, initials):
        if words[at].shape == "I" and words[at].word not in _NO_INITIAL and _NEARLY < scores[at] < scores[at - 1] > 0:
            scores[at] = scores[at - 1]
    for at in range(len(words) - 2, -1, -1):
        if _NEARLY < scores[at] <= 0 and scores[at + 1] > SURE and _may_lead(words[at], words[at + 1]):
            scores[at] = scores[at + 1]
    return scores


def _may_lead(word: Token, name: Token) -> bool:
    """Tell whether a word with a capital in front of a name is rather its first part than the end of what was before.

    Each word is judged before those behind it: "Rocky" is a word until "Balboa" is read.
    """
    if word.shape not in {"T", "S"} or word.entry.thing > 1:
        return False
    return not word.entry.common or (name.entry.first < USUAL and word.entry.first > 0)


def suspects(text: str, lower: str, scorer: Scorer | None = None, least: float = 0.0) -> Iterator[Suspect]:
    """Give the stretches whose every word scores at least `least`, neighbours and "Last, First" as one."""
    scorer = scorer or default_scorer()
    waiting: Suspect | None = None
    for candidate in candidates(text, lower):
        for found in _of_candidate(text, candidate, scorer, least):
            if waiting is not None:
                if _is_reversed(lower, waiting, found):
                    found = waiting._replace(end=found.end, score=min(waiting.score, found.score))  # noqa: PLW2901 - one find
                else:
                    yield waiting
            waiting = found
    if waiting is not None:
        yield waiting


def _of_candidate(text: str, candidate: Candidate, scorer: Scorer, least: float) -> Iterator[Suspect]:
    run: list[tuple[Token, float]] = []
    for word, score in zip(candidate.words, scored(candidate, scorer), strict=True):
        if score > least:
            run.append((word, score))
        elif run:
            yield from _suspect(text, run, candidate)
            run = []
    if run:
        yield from _suspect(text, run, candidate)


def _is_reversed(lower: str, one: Suspect, other: Suspect) -> bool:
    """Tell whether two finds are "Last, First": one word each, and that person's address or a line's end behind."""
    if lower[one.end : other.start] != ", ":
        return False
    last, first = lower[one.start : one.end], lower[other.start : other.end]
    if " " in last or " " in first or one.around.left not in _BEFORE_REVERSED:
        return False
    rather_last, rather_first = entry_of(last), entry_of(first)
    in_order = rather_last.last >= rather_last.first and rather_first.first > rather_first.last
    return in_order and other.around.right in _BEHIND_REVERSED


def _suspect(text: str, run: Sequence[tuple[Token, float]], candidate: Candidate) -> Iterator[Suspect]:
    no_name = nobody()
    if all(word.shape == "I" or word.word in no_name for word, _ in run):
        return  # "I have", "THE WORST": what its neighbours lend it is not enough
    last = run[-1][0]
    end = last.end + (last.shape == "I" and text.startswith(".", last.end))
    domain = NOTES_DOMAIN.match(text, end)
    end = domain.end() if domain else end
    yield Suspect(run[0][0].start, end, min(score for _, score in run), candidate.around)


def find_people(pages: Sequence[Page], opinion: SecondOpinion | None = None) -> None:
    """Note the people that the pages of one event name, where they are named and wherever their names stand again.

    `opinion` is asked once, about what the scores leave open; without one, that costs nothing.
    """
    found = [list(suspects(page.folded.text, page.folded.lower)) for page in pages]
    if opinion is not None:
        doubtful = [list(suspects(page.folded.text, page.folded.lower, least=-UNSURE)) for page in pages]
        found = settled([page.folded for page in pages], found, doubtful, opinion)
    for page, own in zip(pages, found, strict=True):
        for suspect in own:
            page.found(suspect.start, suspect.end, "PERSON", SHAPED)
        find_in_other_scripts(page)
    mask_learnt(pages, found)
