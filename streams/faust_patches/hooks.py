"""Attributes of an app that the patches call, where it has them."""

from __future__ import annotations

INPUTS_RESUMED = "on_inputs_resumed"
"""`on_inputs_resumed(generation)`: its inputs are rewound."""

OFFSET_OUT_OF_RANGE = "on_offset_out_of_range"
"""`on_offset_out_of_range(partition, committed, beginning, end)`: a committed offset lies outside of its topic."""

WRITING = "writing"
"""`writing(topic)`: whether a record that waits in the producer is written now, later or never (`Writing`)."""
