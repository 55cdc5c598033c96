"""How much of the prompts the provider finds in its cache: the proof that the static part of a kind stays the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from processors.llm.provider import Usage

# Looks back over about a hundred calls: a cache that has gone cold shows within minutes, one cold prompt does not.
_REMEMBERED: Final = 0.99


@dataclass(slots=True)
class CachedShare:
    """The part of the input tokens that came from the provider's cache, of late."""

    _cached: float = 0.0
    _input: float = 0.0

    def learn(self, usage: Usage) -> float:
        """Take note of what a call has used, and answer the part, 0.0 to 1.0."""
        for call in usage.calls or (usage,):
            self._cached = self._cached * _REMEMBERED + min(call.cached_input_tokens, call.input_tokens)
            self._input = self._input * _REMEMBERED + call.input_tokens
        return self._cached / self._input if self._input > 0 else 0.0
