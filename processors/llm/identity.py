"""The hash under which a user is known to the provider's abuse detection."""

from __future__ import annotations

import hashlib
import hmac

_PREFIX = "safe_"
# 224 bits: as good as never two users with one hash, and prefix plus digits stay within the 64 characters that
# compatible servers and the connectors' VARCHAR columns accept (OpenAI itself takes 128).
_HEX_DIGITS = 56


def hashed_identifier(salt: str, tenant: str, actor: str | None) -> str | None:
    """HMAC-SHA-256 of (`tenant`, `actor`) under `salt`, as "safe_" and 56 hex digits; stable over restarts.

    None where there is nobody to name, and where there is no salt: user ids are few and easy to guess, so that an
    unsalted hash can be reversed by trying them all.
    """
    if not actor or not salt:
        return None
    # The length keeps ("ab", "c") and ("a", "bc") apart; surrogatepass, because ids from a CRM may hold anything.
    named = f"{len(tenant)}:{tenant}{actor}".encode("utf-8", "surrogatepass")
    digest = hmac.new(salt.encode("utf-8", "surrogatepass"), named, hashlib.sha256).hexdigest()
    return _PREFIX + digest[:_HEX_DIGITS]
