"""One event's whole way, side by side: what the CRM said, what left the house, what came back, what was published."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from schemas.event_json import event_to_json

if TYPE_CHECKING:
    from rich.console import RenderableType

    from schemas.events import CrmEvent
    from schemas.insights import CrmInsight
    from streams.demo.llm_simulator import Exchange

# Four columns of running text need this much to be read with pleasure; below it they stand one below the other.
_WIDTH_FOR_COLUMNS = 120
_SAID = ("title", "text", "fields", "identifiers")
_PUBLISHED = (
    "executive_summary",
    "overall_sentiment",
    "churn_risk_score",
    "action_items",
    "mentioned_competitors",
    "upsell_opportunity_identified",
    "redactions",
    "model",
    "input_tokens",
    "output_tokens",
    "cost",
    "currency",
)
_TITLES = ("What the CRM said", "What left the house", "What came back", "What was published")


class JourneyTap:
    """Keeps one call of the simulator: the one whose prompt holds `mark`. All others pass unseen."""

    def __init__(self, mark: str) -> None:
        """`mark` must be words that no scrubber takes away."""
        self._mark = mark
        self.exchange: Exchange | None = None

    def __call__(self, exchange: Exchange) -> None:
        """Look at an answered call."""
        if self._mark in exchange.user_message:
            self.exchange = exchange


@dataclass(frozen=True, slots=True)
class Journey:
    """The four stations of one event. `sent` is the user message, `answered` the model's text, both masked."""

    event_id: str
    said: dict[str, Any]
    sent: str
    answered: str
    published: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """For --json."""
        return asdict(self)


def journey_of(event: CrmEvent, exchange: Exchange, insight: CrmInsight) -> Journey:
    """Put the stations together."""
    said, published = event_to_json(event), {name: getattr(insight, name) for name in _PUBLISHED}
    return Journey(
        event_id=event.event_id,
        said={name: said[name] for name in _SAID if said[name]},
        sent=exchange.user_message,
        answered=exchange.answer,
        published=published,
    )


def render(journey: Journey, *, width: int) -> RenderableType:
    """The stations in four columns, or one below the other where the terminal is narrow."""
    texts = [Text(_shown(station)) for station in (journey.said, journey.sent, journey.answered, journey.published)]
    if width < _WIDTH_FOR_COLUMNS:
        stations = [
            part
            for title, text in zip(_TITLES, texts, strict=True)
            for part in (Text(title, style="bold"), text, Text(""))
        ]
        return Group(*stations)
    table = Table(box=box.SIMPLE_HEAD, expand=True, title=f"The way of {journey.event_id}", title_justify="left")
    for title in _TITLES:
        table.add_column(title, ratio=1, overflow="fold")
    table.add_row(*texts)
    return table


def _shown(station: dict[str, Any] | str) -> str:
    """A station for people: fields one below the other, JSON text taken apart, control characters shown as blanks."""
    if isinstance(station, str):
        try:
            parsed = json.loads(station)
        except ValueError:
            parsed = None
        if not isinstance(parsed, dict):
            return _printable(station)
        station = parsed
    return "\n\n".join(f"{name}: {_value(value)}" for name, value in station.items())


def _value(value: Any) -> str:
    if isinstance(value, str):
        return _printable(value)
    if isinstance(value, dict):
        return "".join(f"\n- {_printable(f'{name} {text}')}" for name, text in value.items())
    if isinstance(value, list | tuple):
        return "".join(f"\n- {_item(item)}" for item in value) or "none"
    return "null" if value is None else _printable(str(value))


def _item(item: Any) -> str:
    return _printable(" ".join(map(str, item.values())) if isinstance(item, dict) else str(item))


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() or letter == "\n" else " " for letter in text)
