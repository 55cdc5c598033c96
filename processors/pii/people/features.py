"""What a word of a run shows to the scorer: a list of short names, each of which has a weight.

No feature is a word of the text: the weights are learnt from few texts, and must hold for others. Three views, each of
which is the same for many words: their sums are remembered, which makes a word as cheap as three look-ups.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from processors.pii.known.lexicon import PARTICLES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from processors.pii.people.lexicon import Entry
    from processors.pii.people.runs import Token
    from processors.pii.people.surroundings import Surroundings

_LONGEST = 5
_MOST_COUNTED = 5


class OwnView(NamedTuple):
    """The word by itself."""

    entry: Entry
    kind: str
    shape: str
    """As a token has it, or S in a line of nothing but capitals."""
    letters: int

    def features(self) -> list[str]:
        """Name what is shown."""
        entry, kind, shape, letters = self
        return [
            "bias",
            f"f{entry.first}c{entry.common}t{entry.thing}",
            f"l{entry.last}c{entry.common}t{entry.thing}",
            f"s{shape}{kind}",
            f"z{shape}{letters}{kind}",
        ]


class BesideView(NamedTuple):
    """The kinds of the word and its neighbours in the run; `-` is none."""

    kind: str
    before: str
    after: str
    follows: bool
    """The word before is part of a name."""

    def features(self) -> list[str]:
        """Name what is shown."""
        kind, before, after, follows = self
        whole = f"o{kind}{after}" if before == "-" else f"p{int(follows)}{before}{kind}{after}"
        return [f"b{before}{kind}", f"a{kind}{after}", f"p{int(follows)}{kind}", whole]


class AroundView(NamedTuple):
    """What stands around the run, and where in it the word is."""

    entry: Entry
    kind: str
    before: str
    after: str
    shape: str
    around: Surroundings
    at: int
    """Words before it in the run."""
    remain: int
    """Words behind it in the run."""

    def features(self) -> list[str]:
        """Name what is shown."""
        entry, kind, before, after, shape, around, at, remain = self
        left, right = ("in" if at else around.left), ("in" if remain else around.right)
        count = min(at + 1 + remain, _MOST_COUNTED)
        few = min(count, _MOST_COUNTED - 1)
        return [
            f"L{left}",
            f"L{left}{kind}",
            f"R{right}",
            f"R{right}{kind}",
            f"{kind}{left}|{right}",
            f"e{entry.first}{entry.common}{left}",
            f"i{entry.last}{entry.common}{left}",
            f"u{entry.first}{entry.common}{right}",
            f"v{shape}{kind}{left}",
            f"q{shape}{kind}{right}",
            f"x{around.left}{kind}{after}{min(at, 2)}",
            f"y{before}{kind}{around.right}{min(remain, 2)}",
            f"{left}|{right}|{few}",
            f"n{count}{shape}",
            f"g{around.left}{min(at, 2)}" if at else "g",
            f"h{around.right}{min(remain, 2)}" if remain else "h",
            f"w{int(around.opens_line)}{int(around.closes_line)}{few}",
        ]


Views = tuple[OwnView, BesideView, AroundView]


def views(run: Sequence[Token], at: int, around: Surroundings, *, follows: bool, shouted: bool) -> Views:
    """Look at word `at` of a run.

    `follows`: the word before is part of a name; `shouted`: the line is written in capitals throughout.
    """
    start, end, _, entry, shape = run[at]
    kind = _kind(run[at])
    if shouted and shape != "I":
        shape = "S"
    remain = len(run) - 1 - at
    before = _kind(run[at - 1]) if at else "-"
    after = _kind(run[at + 1]) if remain else "-"
    return (
        OwnView(entry, kind, shape, min(end - start, _LONGEST)),
        BesideView(kind, before, after, follows),
        AroundView(entry, kind, before, after, shape, around, at, remain),
    )


def _kind(token: Token) -> str:
    if token.shape == "I":
        return "I"
    return "p" if token.word in PARTICLES else token.entry.kind
