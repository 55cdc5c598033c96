"""The limits of the account: how fast requests may be sent, for any number of workers that never speak to each other.

`account` says when, `turns` says who, `pacer` makes them wait, one for each model (`pacers`).
"""

from __future__ import annotations

from processors.llm.limits.account import KnownLimits, LimitsState
from processors.llm.limits.pacer import Pacer
from processors.llm.limits.pacers import Pacers
from processors.llm.limits.turns import ANYBODY, FairQueue, Flow

__all__ = ["ANYBODY", "FairQueue", "Flow", "KnownLimits", "LimitsState", "Pacer", "Pacers"]
