"""Links to recordings and transcripts, without what lets anybody follow them."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from schemas.text import clean_text

# `crm.refetch` is read by whoever can fetch, with credentials of their own; a token in it would lie there for a week.
# Any name may bear one (`key`, `code`, `se`), so that what stays is what can only say which recording it is.
_TELLS_WHICH: Final = re.compile(
    r"(?:(?:call|meeting|recording|file|media|message|transcript|conversation|account|workspace)[_-]?)?id|type",
    re.IGNORECASE,
)
_PARAMETERS_OF_A_SEGMENT: Final = re.compile(r";[^/]*")
_SCHEMES: Final = ("http", "https")


def without_credentials(url: str | None) -> str | None:
    """Return a link without user, password, fragment and parameters, of which ids stay; None for what is no link."""
    try:
        parts = urlsplit(clean_text(url or ""))
        if parts.scheme not in _SCHEMES or not parts.netloc:
            return None
        told = [(name, value) for name, value in parse_qsl(parts.query) if _TELLS_WHICH.fullmatch(name)]
    except ValueError:  # "https://[" has half an address of version 6
        return None
    host = parts.netloc.rpartition("@")[2]
    path = _PARAMETERS_OF_A_SEGMENT.sub("", parts.path)
    return parts._replace(netloc=host, path=path, query=urlencode(told), fragment="").geturl()
