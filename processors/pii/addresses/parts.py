"""The patterns of the parts of an address, made of the vocabulary. They match folded text, case kept.

What may repeat is bounded: each pattern is tried on a view of a hundred characters or two beside a candidate.
"""

from __future__ import annotations

import re

from processors.pii.addresses import vocabulary

_UPPER = r"[^\W\d_a-z]"  # of any script; a letter of a script without case counts as one


def any_of(words: tuple[str, ...]) -> str:
    """Give the words as alternatives of a pattern that is blind to case, the longest first."""
    escaped = (re.escape(word).replace(r"\ ", r"[ ]") for word in sorted(words, key=lambda word: (-len(word), word)))
    return f"(?i:{'|'.join(escaped)})"


GAP = r"(?:[ \t]{1,2}|[ \t]?\r?\n[ \t>]{0,4})"
"""Between the words of one part; a mail program may have broken the line there."""
SIDE = r"(?:N|S|E|W|NE|NW|SE|SW|N\.E\.|N\.W\.|S\.E\.|S\.W\.|North|South|East|West)(?![\w.])"
NUMBER = (
    r"[0-9]{1,5}(?:[ ][A-Z][ ][0-9]{1,3}(?!\w)|[ ][A-Za-z](?![\w'.:])|[A-Za-z](?![\w']))?"
    r"(?:[ ]?[/\-][ ]?(?:[0-9]{1,4}[A-Za-z]?|[A-Za-z])(?!\w))?(?![\w.]*[0-9]|[\-/][0-9])"
)
"""A house: 12, 12a, 12 A 4, 12-14, 65/79; no part of a longer number."""
CAPITAL = rf"(?:{_UPPER}[\w'.\-]{{0,29}}|[0-9]{{1,3}}(?:st|nd|rd|th|ST|ND|RD|TH|e|er)(?!\w))"
_PARTICLE = (
    r"(?:del?|della?|dello|dei|degli|delle|di|d[aeo]s?|du|la|le|les|el|los|las|of|the|and|y|e|et|an|am|im|in|ob|bei|der|den|"
    r"dem|die|van|von|het|ten|ter|op|aan|zu[rm]?|na|nad|pod|sous|sur|sul|sulla|lo|aux?|en|al|u|ve?|pri|pod)"
)
WORD = rf"(?:(?:[dDlL]'){CAPITAL}|{CAPITAL}|{_PARTICLE}(?!\w))"
NAME = rf"{WORD}(?:{GAP}{WORD}){{0,5}}"
TOWN = rf"{CAPITAL}(?:(?:[ \-/]|[ ]-[ ]){WORD}){{0,5}}"

UNIT = re.compile(
    rf"(?:(?<!\w)(?:{any_of(vocabulary.UNITS)}[.:]?[ ]{{0,2}}#?[ ]?"
    r"(?:[0-9]{1,5}[A-Za-z]?|[A-Za-z]|[0-9]{1,4}[\-/][0-9]{1,4})|"
    r"#[ ]?[0-9]{1,5}[A-Za-z]?)(?!\w)(?:[ ]?[oa.][ ]?[A-Z](?!\w))?|"
    r"[0-9]{1,2}(?:st|nd|rd|th)[ ](?i:floor)|"
    r"[0-9]{1,2}(?:er|e|eme)?\.?[ ](?i:etage|og|stock|andar|piano|verdieping|sal)(?!\w)|"
    r"[0-9]{1,2}[oa.][ ]?(?:[A-Z]|(?i:izq|izda|dcha|der|ctro|dto|esq|tv|th|mf))\.?(?!\w)|(?:EG|DG|HH|VH)(?!\w)|"
    r"(?i:bis|ter)(?!\w))"
)
"""A part of a house: Apt 4B, #210, m. 15, 3º B, 2nd floor, No: 29."""

_BEFORE, _BEHIND = "|".join(vocabulary.POSTCODES_BEFORE), "|".join(vocabulary.POSTCODES_BEHIND)
_STATE = rf"(?:(?:{'|'.join(vocabulary.US_STATES)})(?!\w)|{any_of(vocabulary.US_STATE_NAMES)})"
COUNTRY = re.compile(rf"\(?{any_of(vocabulary.COUNTRIES)}(?!\w)\)?(?:[ ](?:{_BEHIND}|{_BEFORE})(?![\w\-]|[.,]\d))?")
POSTCODE_TOWN = re.compile(
    rf"(?:{_BEFORE}),?(?:[ \t]{{1,2}}|[ \t]?\n[ \t>]{{0,4}})(?:d[aeo]s?[ ])?{TOWN}"
    r"(?:[ ]?\((?:[A-Z]{2}|okres[ ][^\W\d]{1,20})\)|[ ](?i:cedex)|[ ]?[/\-][ ]?[A-Z]{2}(?!\w))?"
    r"(?:[ ][0-9]{1,2}(?![\w.,]?\w))?"
)
DISTRICT_POSTCODE_TOWN = re.compile(rf"{TOWN},?{GAP}(?=[0-9]{{5}}-?[0-9]{{3}}(?![0-9])){POSTCODE_TOWN.pattern}")
"""As Brazil writes it: Alto Caiçaras, 84038-854 Caldeira / GO."""
_TOWN_BEFORE = rf"(?:{TOWN}(?:[ ][0-9]{{1,2}})?,?[ \t\n]{{1,2}})"
TOWN_POSTCODE = re.compile(
    rf"(?:{_TOWN_BEFORE}{{0,3}}(?:{_STATE}|[A-Z]{{2,4}})[.,]?[ ]{{1,2}}(?:{_BEHIND}|[0-9]{{4}})|"
    rf"{_TOWN_BEFORE}{{1,3}}(?:{_BEHIND})|{TOWN}[ ]?-[ ]?[1-9][0-9]{{5}}|"
    rf"(?:{vocabulary.BRITISH_POSTCODE}|{vocabulary.CANADIAN_POSTCODE})|"
    rf"[a-z]{{3,20}}(?:[ ][a-z]{{3,20}})?,?[ ](?i:{'|'.join(vocabulary.US_STATES)})[ ][0-9]{{5}})(?!\w|[.,\-]\d)"
)
TOWN_STATE = re.compile(rf"{TOWN},[ ]{{1,2}}{_STATE}")
POSTCODE = re.compile(rf"(?:{_BEFORE}|{_BEHIND})(?![\w\-])")
TOWN_LINE = re.compile(rf"(?:{TOWN})(?=[ \t]*(?:$|\n|,|<|\\n))")
"""A town by its place only: a line of its own, or between commas. Counts where a postcode or country follows."""

SEPARATOR = re.compile(
    r"[ \t]{0,2}(?:\.?[,;|/]|\u00b7|-[ ]|\.[ ](?=[A-Z0-9])|\.?\\n|<br[ ]?/?>)?[ \t]{0,2}"
    r"(?:\.?\r?\n[ \t>?*|#]{0,8}(?:,[ ])?)?"
)
"""Between the parts: a comma, a new line (quoted or indented), "\\n" inside JSON, a break of HTML."""
