"""Learn the weights of `processors/pii/people` from annotated texts, and say how well they do on texts left out.

    python -m benchmarks.people.train --out weights.json crm.jsonl.gz:3 corpora/other.jsonl:1

Each corpus is a file of documents `{"text", "template"?, "spans": [{"start", "end", "type", "optional"?}]}`. With it
stands what one of its words counts for, and how much more a word of a name does. Logistic regression by AdaGrad with
L2; the fit is followed by a cross-validation in five parts, in which all documents of one template are in one part.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import random
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from processors.pii.folding import fold
from processors.pii.people.candidates import candidates
from processors.pii.people.features import views
from processors.pii.people.scorer import probability

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

PARTS = 5
EPOCHS = 12
RATE = 0.2
DECAY = 2e-5
SEED = 5
DIGITS = 3


class Example(NamedTuple):
    """One word: what it shows, whether it is part of a name, what it counts for, and the template it comes from."""

    shown: tuple[str, ...]
    is_name: bool
    counts: float
    group: str
    corpus: str


def examples(path: Path, counts: float, names_count: float) -> Iterator[Example]:
    """Give all candidate words of a corpus, and what each counts for.

    Words in text that may be masked or not are left out.
    """
    content = path.read_bytes()
    for line in (gzip.decompress(content) if path.suffix == ".gz" else content).decode().splitlines():
        document = json.loads(line)
        for example in _of_document(document, f"{path.name}/{_template(document)}", path.name):
            yield example._replace(counts=counts * (names_count if example.is_name else 1))


def _template(document: Mapping[str, Any]) -> str:
    """Name what a document was made from; where it does not say, its text without what was annotated."""
    if "template" in document:
        return str(document["template"])
    parts, done = [], 0
    for span in sorted(document["spans"], key=lambda span: int(span["start"])):
        parts += [document["text"][done : span["start"]], span["type"]]
        done = max(done, span["end"])
    return "".join([*parts, document["text"][done:]])


def _of_document(document: Mapping[str, Any], group: str, corpus: str) -> Iterator[Example]:
    folded = fold(document["text"])
    names = [(s["start"], s["end"]) for s in document["spans"] if s["type"] == "PERSON" and not s.get("optional")]
    others = [(s["start"], s["end"]) for s in document["spans"] if s.get("optional") or s["type"] != "PERSON"]
    for candidate in candidates(folded.text, folded.lower):
        follows = False
        for at, word in enumerate(candidate.words):
            start, end = folded.span(word.start, word.end)
            is_name = _covered(start, end, names)
            seen = views(candidate.words, at, candidate.around, follows=follows, shouted=candidate.shouted)
            shown = tuple(name for view in seen for name in view.features())
            if is_name or not _covered(start, end, others):
                yield Example(shown, is_name, 1, group, corpus)
            follows = is_name


def _covered(start: int, end: int, spans: Iterable[tuple[int, int]]) -> bool:
    return any(2 * (min(end, last) - max(start, first)) > end - start for first, last in spans)


def fit(data: Sequence[Example], seed: int = SEED) -> dict[str, float]:
    """Give the weights that explain `data`."""
    weights: dict[str, float] = defaultdict(float)
    squares: dict[str, float] = defaultdict(float)
    frequent = Counter(name for example in data for name in set(example.shown))
    order = list(range(len(data)))
    shuffle = random.Random(seed).shuffle
    for _ in range(EPOCHS):
        shuffle(order)
        for at in order:
            example = data[at]
            shown = [name for name in example.shown if frequent[name] > 2]
            miss = example.counts * (float(example.is_name) - probability(sum(weights[name] for name in shown)))
            for name in shown:
                slope = miss - DECAY * len(data) / frequent[name] * weights[name]
                squares[name] += slope * slope
                weights[name] += RATE * slope / math.sqrt(squares[name] + 1e-8)
    return {name: weight for name, weight in weights.items() if abs(weight) >= 10**-DIGITS}


Counts = dict[str, Counter[tuple[bool, bool]]]
"""By corpus: how many words are names or not, and were found or not."""


def judged(data: Iterable[Example], weights: Mapping[str, float], counts: Counts) -> None:
    """Count how the words of `data` are judged by `weights`."""
    for example in data:
        found = sum(weights.get(name, 0.0) for name in example.shown) > 0
        counts[example.corpus][example.is_name, found] += 1


def cross_validated(data: Sequence[Example]) -> Counts:
    """Judge each part by the weights of the others; a template is in one part only."""
    groups = sorted({example.group for example in data})
    random.Random(SEED).shuffle(groups)
    part_of = {group: number % PARTS for number, group in enumerate(groups)}
    counts: Counts = defaultdict(Counter)
    for part in range(PARTS):
        weights = fit([example for example in data if part_of[example.group] != part])
        judged((example for example in data if part_of[example.group] == part), weights, counts)
    return counts


def _figures(count: Counter[tuple[bool, bool]]) -> str:
    names, found = count[True, True] + count[True, False], count[True, True] + count[False, True]
    return f"R {count[True, True] / max(1, names):.3f} P {count[True, True] / max(1, found):.3f}"


def main() -> None:
    """Read the corpora, write the weights, print the figures of the fit and of the cross-validation."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--no-validation", action="store_true")
    parser.add_argument("corpora", nargs="+", metavar="FILE[:COUNTS[:NAMES]]")
    options = parser.parse_args()
    data: list[Example] = []
    for corpus in options.corpora:
        path, *counts = corpus.split(":")
        data += examples(Path(path), *(float(count) for count in [*counts, 1, 1][:2]))
    weights = fit(data)
    kept = {name: round(weight, DIGITS) for name, weight in sorted(weights.items())}
    sources = sorted({example.corpus for example in data})
    learnt_from = [Path(corpus).name for corpus in options.corpora]
    options.out.write_text(json.dumps({"learnt_from": learnt_from, "weights": kept}, indent=0) + "\n", "ascii")
    print(f"{len(data)} words, {len(kept)} weights")
    fitted: Counts = defaultdict(Counter)
    judged(data, weights, fitted)
    validated = {} if options.no_validation else cross_validated(data)
    for corpus in sources:
        names = sum(example.is_name for example in data if example.corpus == corpus)
        figures = f"fit {_figures(fitted[corpus])}"
        if corpus in validated:
            figures += f"  validated {_figures(validated[corpus])}"
        print(f"{corpus:28} {figures}  ({names} words of names)")


if __name__ == "__main__":
    main()
