"""Where a name would stand: what a common word such as "Will" needs around it to be taken for one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from processors.pii.folding import Folded

_NAME_COMES = re.compile(
    r"(?:(?<![^\W_])(?:hi|hello|hey|dear|mr|mrs|ms|miss|dr|prof|herr|herrn|frau|thanks|thank you|regards|cheers|"
    r"from|with|by|cc|attn|ask|asked|tell|told|contact|to|for|and|sincerely|liebe|lieber|hallo|guten tag|bonjour|hola|"
    r"ola|ciao|caro|cara|madame|monsieur|senor|senora|sra|pan|pani|am|is|name|named|called|soy|bin|suis)[.,!:]?[ ]{1,2}"
    r"|(?:customer|client|caller|agent|rep|csm|owner|reporter|requester|assignee|author|sender)[ ]?:[ ]?|@)\Z"
)
_VIEW = 24


def stands_as_name(folded: Folded, start: int, end: int) -> bool:
    """Tell whether a common word stands where a name would: a greeting, a speaker's label, a capital in mid-sentence.

    Only positive evidence counts, and none that a placeholder could give: a second pass must not find more.
    """
    text, lower = folded.text, folded.lower
    if not text[start].isupper():
        return False
    if _NAME_COMES.search(lower[max(0, start - _VIEW) : start]) is not None:
        return True
    before = text[max(0, start - _VIEW) : start]
    opens_line = (len(before) < _VIEW or "\n" in before) and not before.rpartition("\n")[2].strip(" \t>*-")
    rest = text[end : end + 2]
    if opens_line and (rest[:1] == ":" or (rest[:1] == "," and rest[1:] in {"", "\n", " "}) or rest[:1] in {"", "\n"}):
        return True
    in_sentence = start > 1 and text[start - 1] == " " and text[start - 2].islower()
    next_word = text[end : end + 2].lstrip(" ")[:1]
    return in_sentence and not (next_word.isupper() or next_word == "<") and not text[start:end].isupper()
