"""Which of OpenAI's models answer a chat in text: others have prices and names like theirs, and refuse every event."""

from __future__ import annotations

import re
from typing import Final

# Families by OpenAI's naming (its model pages). Only its own names: `-instruct` is a chat model on other servers.
_OTHERS: Final = re.compile(
    r"(ft:)?(chatgpt|gpt|o\d)\b.*-(image|audio|realtime|transcribe|translate|tts|live|whisper|instruct)\b"
    r"|(dall-e|sora|whisper|tts|(text|omni)-(embedding|moderation|davinci|curie|babbage|ada)|moderation|computer-use)\b"
    r"|(davinci|curie|babbage|ada)\b",
    re.IGNORECASE,
)


def answers_in_text(model: str) -> bool:
    """Whether `model` is not known to be for images, sound, vectors, or completions without a chat."""
    return _OTHERS.match(model) is None
