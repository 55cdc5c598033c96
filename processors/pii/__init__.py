"""Personal data out of the text, and back into the answer.

- folding: a copy of the text without disguises, offsets kept
- patterns: what is found by its form, in one pass over the text; validators decide
- known: the record's own identifiers, in the forms that a text gives them
- spans: overlaps resolved, text masked
- values: when two stretches of text are one value
- vault: placeholder <-> original, per event
- policy, allowed: what is done with each type, and what is never masked
- privacy: the policy of an event's tenant and kind
- restoration: placeholders as models write them, and the values back
- scrubber: all texts of one event at once
"""

from __future__ import annotations

from processors.pii.policy import DEFAULT, Action, ScrubPolicy, is_bare_name
from processors.pii.privacy import EventPrivacy, Privacy, PrivacyRule
from processors.pii.restoration import Restored, restore
from processors.pii.scrubber import Scrubbed, Scrubber
from processors.pii.spans import OFF_BY_DEFAULT, TYPES, Span, type_of
from processors.pii.vault import PlaceholderVault

__all__ = [
    "DEFAULT",
    "OFF_BY_DEFAULT",
    "TYPES",
    "Action",
    "EventPrivacy",
    "PlaceholderVault",
    "Privacy",
    "PrivacyRule",
    "Restored",
    "ScrubPolicy",
    "Scrubbed",
    "Scrubber",
    "Span",
    "is_bare_name",
    "restore",
    "type_of",
]
