"""A server that speaks OpenAI's API on loopback: the demo's model, and the test double of the whole project.

`python -m streams.demo.llm_simulator --port 8089` runs it by itself.
"""

from __future__ import annotations

from streams.demo.llm_simulator.faults import Fault, Order
from streams.demo.llm_simulator.server import Exchange, LlmSimulator, SimulatorOptions

__all__ = ["Exchange", "Fault", "LlmSimulator", "Order", "SimulatorOptions"]
