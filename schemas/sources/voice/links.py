"""Links to recordings and transcripts, without what lets anybody follow them."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from schemas.text import clean_text

# `crm.refetch` is read by whoever can fetch, with credentials of their own; a token in it would lie there for a week.
_CREDENTIAL: Final = re.compile(
    r"token|secret|passw|passcode|pwd|sig(?:nature)?$|api_?key|credential|jwt|auth", re.IGNORECASE
)
_SCHEMES: Final = ("http", "https")


def without_credentials(url: str | None) -> str | None:
    """Return a link without user, password, fragment and the parameters that bear a credential by their name.

    None for what is no link.
    """
    try:
        parts = urlsplit(clean_text(url or ""))
        if parts.scheme not in _SCHEMES or not parts.netloc:
            return None
        told = [(name, value) for name, value in parse_qsl(parts.query) if not _CREDENTIAL.search(name)]
    except ValueError:  # "https://[" has half an address of version 6
        return None
    host = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=host, query=urlencode(told), fragment="").geturl()
