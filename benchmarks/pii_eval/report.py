"""The figures as people read them: two tables in Markdown, which is plain enough for a terminal too."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from benchmarks.pii_eval.bars import reached
from benchmarks.pii_eval.scoring import Share

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from benchmarks.pii_eval.bars import Figure, Reached, Results
    from benchmarks.pii_eval.scoring import Score

BEGIN, END = "<!-- pii-eval: begin -->", "<!-- pii-eval: end -->"

_MOST_MISSES_TOLD = 6


def markdown(results: Results) -> str:
    """Bars with what was reached beside them, then each corpus by type with what was missed most."""
    rows = list(reached(results))
    missed = sum(row.met is False for row in rows)
    lines = [f"{len(rows)} bars, of which {missed} are missed.", ""]
    lines += _table(("Corpus", "Figure", "Wanted", "Reached", ""), map(_bar, rows))
    for name, score in results.scores.items():
        lines += ["", f"### {name}", "", *_table(("Type", "Recall", "95 %", "Precision"), _types(score))]
        lines += ["", _summary(score)]
        if told := _most_missed(score):
            lines += ["", f"Missed most: {told}."]
    return "\n".join(lines) + "\n"


def write_into(page: Path, text: str) -> None:
    """Put the tables into `page`, between the two comments. Raises ValueError where it has none."""
    before, begin, rest = page.read_text("utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{page} has no place for the tables: {BEGIN} and {END}")
    page.write_text(f"{before}{BEGIN}\n\n{text}\n{END}{after}", "utf-8")


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    return [f"| {' | '.join(cells)} |" for cells in (heads, ("---",) * len(heads), *rows)]


def _bar(row: Reached) -> tuple[str, ...]:
    wanted = f"{'≤' if row.most else '≥'} {row.wanted:g}"
    verdict = {True: "", False: "**missed**", None: "nothing of it"}[row.met]
    return row.corpus, row.words, wanted, _number(row.figure), verdict


def _number(figure: Figure) -> str:
    if isinstance(figure, Share):
        return f"{figure.value:.3f} ({figure.part} of {figure.whole})" if figure.whole else "-"
    return "-" if figure is None else f"{figure:.3f}"


def _types(score: Score) -> Iterator[tuple[str, ...]]:
    names = [name for name, _ in score.marks.most_common() if " " not in name]
    for name in (*names, *(kind for kind in score.masked if kind not in names)):
        recall, precision = score.recall(name), score.precision(name)
        interval = "{:.3f} to {:.3f}".format(*recall.interval) if recall.whole else "-"
        yield name, _number(recall), interval, _number(precision)


def _summary(score: Score) -> str:
    parts = {
        "all types": f"recall {_number(score.recall())}, precision {_number(score.precision())}",
        "documents that leak": _number(score.leaking()),
        "clean documents touched": _number(score.touched()),
        "destroyed of what must survive": _number(score.destroyed_share()),
    }
    return "; ".join(f"{name}: {figure}" for name, figure in parts.items() if figure != "-") + "."


def _most_missed(score: Score) -> str:
    """By type and tag: never a text, since corpora are other people's."""
    counted: Counter[str] = Counter()
    for failure in score.failures:
        if "missed" in failure:
            counted[" ".join([failure["missed"], *(f"({tag})" for tag in failure["tags"])])] += 1
    return ", ".join(f"{name} {count}" for name, count in counted.most_common(_MOST_MISSES_TOLD))
