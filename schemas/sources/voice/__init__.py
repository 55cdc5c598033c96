"""Calls and meetings: web hooks of telephony and conversation services, with their transcripts or where those are."""

from __future__ import annotations

from schemas.sources.voice.gong import GongAdapter, is_gong
from schemas.sources.voice.twilio import TwilioAdapter, is_twilio
from schemas.sources.voice.zoom import ZoomAdapter, is_zoom

__all__ = ["GongAdapter", "TwilioAdapter", "ZoomAdapter", "is_gong", "is_twilio", "is_zoom"]
