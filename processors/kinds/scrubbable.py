"""What of an event is worth scrubbing: no time is spent on what can never reach the prompt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from processors.kinds.texts import EventTexts, texts_of
from processors.tokens import fit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from processors.tokens import Tokenizer
    from schemas.events import CrmEvent, Message

# Texts are scrubbed as far as this many budgets of tokens: what lies behind never reaches the prompt, and a megabyte
# of phone numbers takes 1.5 s to scrub. Masking shortens a mail with a name, a phone and an address in every third
# sentence by 6 % (measured). A text of little but secrets it may shorten to less than half; that fills its budget less
# than it could.
_SCRUBBED_BUDGETS = 2

# Cuts before the scrubber give up some of what they keep (see `EventTexts.masked`), which must not be all of it.
_MIN_SCRUBBED_TOKENS = 32_000

# A message is at least its heading's mark, a label and a text. (One of nothing but marks can be two tokens, since `!`,
# the line end and `/` are one: a thread of those alone fills less of its budget.)
_MIN_MESSAGE_TOKENS = 3

# Messages that are counted at once; a call for each would take a second for 200,000 of them.
_COUNTED_AT_ONCE = 1_000


def scrubbable(event: CrmEvent, limit_tokens: int, tokenizer: Tokenizer) -> tuple[EventTexts, int]:
    """The texts of `event` that are worth scrubbing for a budget of `limit_tokens`, and the tokens of all others.

    By the rules by which they are fitted afterwards (see `processors.tokens.fit`), into a few times the budget. The
    tokens are those of the texts as they came, not as they would have been masked; messages of which there are far too
    many are counted with their authors but without their roles. An event of a megabyte takes half a second at most.
    """
    most = max(_SCRUBBED_BUDGETS * limit_tokens, _MIN_SCRUBBED_TOKENS)
    newest, older = _parted(event.messages, most // _MIN_MESSAGE_TOKENS)
    texts = texts_of(msgspec.structs.replace(event, messages=newest) if older else event)
    parts = texts.parts()
    if not older and len("".join(part.whole for part in parts).encode("utf-8", "surrogatepass")) <= most:
        return texts, 0  # a token is at least one byte
    fitted = fit(parts, most, tokenizer)
    return texts.fitted(fitted.parts), fitted.dropped_tokens + _tokens_of(older, tokenizer)


def _parted(messages: Sequence[Message], most: int) -> tuple[tuple[Message, ...], Sequence[Message]]:
    """The newest messages, of which at most `most` have a text, and the older ones."""
    if len(messages) <= most:
        return tuple(messages), ()
    left = most
    for place in range(len(messages) - 1, -1, -1):
        left -= bool(messages[place].text.strip())
        if left < 0:
            return tuple(messages[place + 1 :]), messages[: place + 1]
    return tuple(messages), ()


def _tokens_of(messages: Sequence[Message], tokenizer: Tokenizer) -> int:
    told = [f"=== {message.author or 'message'}\n{message.text}\n" for message in messages if message.text.strip()]
    starts = range(0, len(told), _COUNTED_AT_ONCE)
    return sum(tokenizer.count("".join(told[start : start + _COUNTED_AT_ONCE])) for start in starts)
