"""Budgets that hold over any number of workers: a pure model, to which a clock and what others have said are passed.

`account` is one budget in one period as one worker sees it, `treasury` all of them; `funds` lets calls wait for money.
What the workers tell each other (`ledger_record`) travels over `crm.spend`; `streams.spend` carries it.
"""

from __future__ import annotations

from processors.money.budgets import NANOS, Budgets, Limits
from processors.money.funds import Funds
from processors.money.treasury import Treasury
from processors.money.worst_case import WorstCase

__all__ = [
    "NANOS",
    "Budgets",
    "Funds",
    "Limits",
    "Treasury",
    "WorstCase",
]
