"""The answers of `preview` for people: plain lines, and the same with colour on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Line = tuple[str, str]
"""A style of rich's (empty: none) and a text without line breaks."""

_STYLES = {"insight": "bold green", "skipped": "yellow", "dead_letter": "bold red"}
_INDENT = "    "


def readable(number: int, answer: Mapping[str, Any]) -> Iterator[Line]:
    """Say what becomes of the record on input line `number`: each ending, and for an insight what would be sent."""
    outcomes = answer["outcomes"]
    yield "bold", f"line {number}: {_sum_up(answer)}"
    if "error" in answer and not outcomes:
        yield "bold red", f"  {answer['error']}"
    if "note" in answer:
        yield "yellow", f"  {answer['note']}"
    # Adapters give events and skips in one order, but a skip of theirs has no event beside it.
    events = {event["event_id"]: event for event in answer["events"]}
    for outcome in outcomes:
        event = events.get(outcome["event_id"])
        yield _STYLES[outcome["outcome"]], f"  {_ending(outcome)}{_place(event)}"
        if outcome["outcome"] == "insight":
            yield from _insight(outcome)
    for request in answer.get("refetch", ()):
        place = f"{request['tenant']}/{request['entity']}/{request['record_id'] or '(all)'}"
        yield "cyan", printable(f"  to be fetched ({request['reason']})  {place}")
    yield "", ""


def totals(answers: int, costs: Mapping[str, float], endings: Mapping[str, int]) -> Iterator[Line]:
    """The last line: how many records, how they would end, what the calls would cost."""
    ended = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in sorted(endings.items())) or "nothing"
    money = ", ".join(f"{amount:.4f} {currency}" for currency, amount in sorted(costs.items()))
    yield "bold", f"{answers} record{'' if answers == 1 else 's'}: {ended}" + (f"; about {money}" if money else "")


def printable(text: str) -> str:
    """The text without what steers a terminal: a ticket may hold escape sequences."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def _sum_up(answer: Mapping[str, Any]) -> str:
    if not answer["outcomes"] and not answer.get("refetch"):
        return "cannot be read" if "error" in answer else "holds no event"
    count = len(answer["events"])
    return f"{count} change event{'' if count == 1 else 's'}"


def _ending(outcome: Mapping[str, Any]) -> str:
    name = outcome["outcome"].replace("_", " ")
    if outcome["outcome"] == "insight":
        return f"{name} ({outcome['kind']})"
    detail = f", {outcome['detail']}" if "detail" in outcome else ""
    return f"{name}: {outcome['reason']}{detail}"


def _place(event: Mapping[str, Any] | None) -> str:
    if event is None:
        return ""
    return printable(f"  {event['tenant']}/{event['entity']}/{event['record_id']}  event {event['event_id']}")


def _insight(outcome: Mapping[str, Any]) -> Iterator[Line]:
    tokens = f"{outcome['input_tokens']} tokens and {outcome['instruction_tokens']} of instructions"
    cost, currency = outcome["estimated_cost"], outcome["currency"]
    yield "", f"{_INDENT}{tokens}, {'cost unknown' if cost is None else f'about {cost:.6f} {currency}'}"
    if outcome["truncated"]:
        yield "yellow", f"{_INDENT}cut: {outcome['dropped_tokens']} tokens did not fit"
    if outcome["injection_suspected"]:
        yield "yellow", f"{_INDENT}the text seems to instruct the model (flagged; read all the same)"
    for placeholder, original in outcome["placeholders"].items():
        yield "cyan", f"{_INDENT}{placeholder}{'' if original is None else f' = {printable(original)}'}"
    # The developer message is the same for each event of a kind; `--jsonl` has it.
    for line in outcome["messages"][-1]["content"].split("\n"):
        yield "dim", f"{_INDENT}| {printable(line)}"
