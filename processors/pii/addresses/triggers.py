"""What the native pass looks for before anybody parses an address.

A word for a street counts where it has a capital (or the number right beside it), so that prose costs nothing.
"""

from __future__ import annotations

from processors.pii.addresses import vocabulary
from processors.pii.patterns.engine import any_of


def _with_capital(words: tuple[str, ...]) -> bytes:
    return any_of(tuple(form for word in words for form in (word[:1].upper() + word[1:], word.upper())))


_WORD_END = rb"(?:\.|\b)"
_NUMBER_BEHIND = rb"[ \n]{1,2}(?:Nr\.? ?|No[.:]? ?)?[0-9]"

BEHIND = rb"\b" + _with_capital(vocabulary.BEHIND + vocabulary.BEHIND_DOUBTFUL) + _WORD_END
LOWER = (
    rb"\b[0-9]{1,5}[a-z]? (?:[a-z'.]+ |[0-9]+(?:st|nd|rd|th) ){1,2}"
    rb"(?:street|st|avenue|ave|road|rd|boulevard|blvd|lane|ln|drive|dr|court|ct|close|way|place|terrace|crescent)\b"
)
BEFORE = (
    rb"\b(?i:"
    + any_of(vocabulary.BEFORE)
    + rb")[ \n]{1,2}(?:(?:d[aeiou]s?|del?l?[aeo]?|du|la|les?|los?|las|el|l') ?){0,2}[A-Z0-9\xff]|"
    + rb"\b(?i:"
    + any_of(tuple(word for word in vocabulary.BEFORE if word[-1] in "./"))
    + rb")[A-Z\xff]"
)
_GLUED = vocabulary.GLUED + vocabulary.GLUED_DOUBTFUL
GLUED = b"(?:" + any_of(_GLUED) + b"|-" + _with_capital(_GLUED) + b")" + rb"\.?" + _NUMBER_BEHIND
UNIT = rb"\b(?i:apt|apartment|appt|apto|suite|ste|unit|flat|lgh)\b\.? ?#?[0-9]"
BOX = rb"\b(?i:" + any_of(vocabulary.BOXES) + rb")[ ]?(?:(?i:no|nr|n)[.: ]{0,2})?[0-9]{1,6}(?:[ \-][0-9]{2,4}){0,2}\b"
MILITARY = rb"\b(?i:[AFD]PO,? A[AEP]) [0-9]{5}\b"
CORNER = rb"\b(?i:corner of )"
_POSTCODE = rb"(?:[A-Z]{1,2}-)?(?:[0-9]{4,5}|[0-9]{3} [0-9]{2}|[0-9]{2}-[0-9]{3}|[0-9]{4} [A-Z]{2})"
PLACED = rb"\b[0-9]{1,4} ?[a-zA-Z]?(?:, ?|,?\n[ >]{0,4}| - )" + _POSTCODE + rb" [A-Z\xff]"
_HOUSE_LABEL = rb"(?:[ ,/&]{1,3}(?:[yeu]t? |und )?(?i:haus|house)?(?i:nr|no|num|nu)[a-z.]*)?"
TOWN_LABEL = rb"[/ ]{1,3}(?i:ort|city|town|ville|stad|by|localita|poblacion|plaats)\b"
_IS = rb" is\b| ist\b| est\b| es\b| jest\b| are\b"
LABEL = rb"\b(?i:" + any_of(vocabulary.LABELS) + rb")" + _HOUSE_LABEL + rb"(?:[\"']? ?[:=]|" + _IS + rb")"
PHRASE = rb"\b(?i:" + any_of(vocabulary.PHRASES) + rb") [0-9A-Z\xff]"
POSTCODE_LABEL = (
    rb"\b(?i:"
    + any_of(vocabulary.POSTCODE_LABELS)
    + rb")(?:"
    + TOWN_LABEL
    + rb")?[\"']?(?: ?[:=] ?|(?:"
    + _IS
    + rb") | )"
    rb"[\"']?[A-Z0-9]"
)
POSTCODE_BEHIND = (
    rb"\b[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][A-Z]{2}\b|\b[A-Z]{2,3},? (?:[0-9]{4,5}\b|[A-Z][0-9][A-Z] ?[0-9][A-Z][0-9]\b)"
)
HAN = rb"[0-9]\xff|\xff[0-9]{1,4}-[0-9]{1,4}"
