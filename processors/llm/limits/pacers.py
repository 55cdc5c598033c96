"""A pacer for each model: providers keep their limits by model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from processors.llm.limits.pacer import Pacer

if TYPE_CHECKING:
    from collections.abc import Callable

    from processors.llm.limits.account import KnownLimits, LimitsState


class Pacers:
    """The pacers of one account. Models come from the settings and are few."""

    def __init__(
        self, known: KnownLimits | None, *, clock: Callable[[], float], on_wait: Callable[[float], None]
    ) -> None:
        """See `Pacer`."""
        self._known = known
        self._clock = clock
        self._on_wait = on_wait
        self._share = 1.0
        self._closed = False
        self._pacers: dict[str, Pacer] = {}

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return sum(pacer.waiting for pacer in self._pacers.values())

    @property
    def states(self) -> dict[str, LimitsState]:
        """How the limits stand, by model."""
        return {model: pacer.state for model, pacer in self._pacers.items()}

    def of(self, model: str) -> Pacer:
        """The pacer of `model`."""
        pacer = self._pacers.get(model)
        if pacer is None:
            pacer = self._pacers[model] = Pacer(self._known, clock=self._clock, on_wait=self._on_wait)
            pacer.limits.take_share(self._share)
            if self._closed:
                pacer.close()
        return pacer

    def take_share(self, share: float) -> None:
        """See `AccountLimits.take_share`."""
        self._share = share
        for pacer in self._pacers.values():
            pacer.limits.take_share(share)

    def close(self) -> None:
        """See `Pacer.close`."""
        self._closed = True
        for pacer in self._pacers.values():
            pacer.close()
