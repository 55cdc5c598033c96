"""How many tokens a request will use, learnt from what requests of its kind have used.

Where a prompt surely fits its budget nobody counts its tokens, and its bytes are about four times as many: to reserve
those would put three quarters of a token limit out of reach. The output cap is likewise several times what is answered.
Money is reserved by other rules: a budget must hold in the worst case, a limit on the average.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from schemas.bounded import BoundedCache

if TYPE_CHECKING:
    from processors.llm.provider import CompletionRequest, Usage

# English in JSON has four bytes to a token, most other texts fewer.
_BYTES_PER_TOKEN: Final = 4.0
_SMOOTHING: Final = 0.05
# Above the mean of the answers, as the bucket is drawn on by the sum of them.
_OUTPUT_MARGIN: Final = 1.25
# Kinds come from the settings and are few.
_MOST_KINDS: Final = 1_000


@dataclass(slots=True)
class _Kind:
    """What is known of the requests of one kind: the bytes that all of them share, and how they turned out."""

    shared_bytes: int
    tokens_per_byte: float = 1 / _BYTES_PER_TOKEN
    output_tokens: float | None = None


class TokenEstimates:
    """For the requests to one model."""

    def __init__(self) -> None:
        """Begin with four bytes to a token and the whole output cap."""
        self._kinds: BoundedCache[str, _Kind] = BoundedCache(_MOST_KINDS)

    def tokens(self, request: CompletionRequest) -> float:
        """What to reserve for `request`, input and output together."""
        kind = self._kind(request)
        cap = request.max_output_tokens
        output = cap if kind.output_tokens is None else min(cap, _OUTPUT_MARGIN * kind.output_tokens)
        return self._bytes(kind, request) * kind.tokens_per_byte + output

    def learn(self, request: CompletionRequest, usage: Usage) -> None:
        """Take note of what `request` has used; of an answer without `usage` there is nothing to learn."""
        if usage.input_tokens <= 0:
            return
        kind = self._kind(request)
        ratio = usage.input_tokens / self._bytes(kind, request)
        first = kind.output_tokens is None
        kind.tokens_per_byte = ratio if first else kind.tokens_per_byte + (ratio - kind.tokens_per_byte) * _SMOOTHING
        known = usage.output_tokens if kind.output_tokens is None else kind.output_tokens
        kind.output_tokens = known + (usage.output_tokens - known) * _SMOOTHING

    def _kind(self, request: CompletionRequest) -> _Kind:
        kind = self._kinds.get(request.schema_name)
        if kind is None:
            shared = len(request.instructions.encode("utf-8", "replace")) + len(json.dumps(request.json_schema))
            kind = _Kind(shared)
            self._kinds.put(request.schema_name, kind)
        return kind

    @staticmethod
    def _bytes(kind: _Kind, request: CompletionRequest) -> int:
        texts = request.user_message if request.correction is None else request.user_message + request.correction
        return kind.shared_bytes + len(texts.encode("utf-8", "replace"))
