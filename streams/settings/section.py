"""What every group of settings keeps to."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A group of settings: unknown names are refused, values are never part of an error's text."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
