"""TLS to a provider: what is demanded of it, and why a handshake failed. Nothing of that passes by itself."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Final

import aiohttp

if TYPE_CHECKING:
    from collections.abc import Mapping

# OpenSSL's numbers for what is wrong with a certificate (X509_V_ERR_...).
_CERTIFICATE_FAULTS: Final[Mapping[int, str]] = {
    9: "certificate_not_yet_valid",
    10: "certificate_expired",
    18: "certificate_self_signed",
    19: "certificate_of_unknown_authority",
    20: "certificate_of_unknown_authority",
    21: "certificate_of_unknown_authority",
    62: "certificate_of_another_host",
    64: "certificate_of_another_host",
}
# The other side has gone in the middle of the handshake: a proxy that restarts, a server under load.
_HUNG_UP: Final = (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError)


def tls_context(ca_file: str | None = None, *, minimum: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2) -> ssl.SSLContext:
    """Certificates checked against the system's CAs (or `ca_file`, PEM), and a version of `minimum` at least.

    The newest version that both sides know is taken in any case. Raises OSError for a file that holds no certificate.
    """
    context = ssl.create_default_context(cafile=ca_file)
    context.minimum_version = minimum
    return context


def tls_fault(error: BaseException) -> str | None:
    """Name in one word why `error` ended a handshake; None if it did not, or if another try may mend it."""
    if not isinstance(error, aiohttp.ClientSSLError):
        return None
    cause = error.__cause__
    if isinstance(cause, ssl.SSLCertVerificationError):
        return _CERTIFICATE_FAULTS.get(cause.verify_code, "certificate_not_trusted")
    if isinstance(cause, ssl.SSLError) and not isinstance(cause, _HUNG_UP):
        return (cause.reason or "handshake_failed").lower()
    return None
