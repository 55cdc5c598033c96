"""The most that a request can cost."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from processors.llm.provider import CompletionRequest, Usage
from processors.money.budgets import nanos_up
from schemas.bounded import BoundedCache

if TYPE_CHECKING:
    from processors.llm.prices import PriceBook

# What the chat format adds around the messages and before the answer.
_FRAME_TOKENS: Final = 64
_MOST_KINDS: Final = 1_000


class WorstCase:
    """Reckons requests at a token for each byte, nothing cached, and the whole output cap.

    A token is at least one byte. Tokens are not counted (0.35 ms for 6 KB); what is held too much comes back when the
    call is settled.
    """

    def __init__(self, prices: PriceBook) -> None:
        """Take the prices."""
        self._prices = prices
        self._shared_bytes: BoundedCache[str, int] = BoundedCache(_MOST_KINDS)

    def nanos(self, request: CompletionRequest) -> int:
        """What `request` costs at most. Raises LookupError for a model without a price."""
        shared = self._shared_bytes.get(request.schema_name)
        if shared is None:
            shared = _bytes(request.instructions) + _bytes(json.dumps(request.json_schema))
            self._shared_bytes.put(request.schema_name, shared)
        tokens = shared + _bytes(request.user_message) + _bytes(request.correction or "") + _FRAME_TOKENS
        return self.cost(request.model, Usage(input_tokens=tokens, output_tokens=request.max_output_tokens))

    def cost(self, model: str, usage: Usage) -> int:
        """What `usage` costs, in nanos, rounded up. Raises LookupError."""
        cost = self._prices.cost(model, usage)
        if cost is None:
            raise LookupError(model)
        return nanos_up(cost.amount)


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "replace"))
