"""A provider behind TLS: real handshakes on loopback, with certificates made here."""

from __future__ import annotations

import contextlib
import ssl
import threading
from socket import create_server
from typing import TYPE_CHECKING, Any

import pytest

from processors.llm.openai_provider import OpenAIProvider
from processors.llm.provider import CompletionFailure, CompletionRequest, FailureKind
from processors.llm.tls import tls_context
from tests.support.certificates import a_certificate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.certificates import Certificate

ENVELOPE = b'{"choices": [{"message": {"content": "{}"}, "finish_reason": "stop"}]}'
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(ENVELOPE), ENVELOPE)
REQUEST = CompletionRequest("m", "rules", "text", "reading", {"type": "object"}, 100)


def a_server_context(certificate: Certificate) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return context


@contextlib.contextmanager
def serving(context: ssl.SSLContext | None) -> Iterator[str]:
    """Answer each request with a completion, over TLS or (None) without; the base URL.

    On blocking sockets: asyncio's server hangs up without the alert that real ones send.
    """
    with create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    plain, _ = listening.accept()
                    with contextlib.suppress(OSError), plain:
                        plain.settimeout(5)
                        connection = plain if context is None else context.wrap_socket(plain, server_side=True)
                        with connection:
                            connection.recv(65_536)
                            connection.sendall(ANSWER)

        thread = threading.Thread(target=serve)
        thread.start()
        port = listening.getsockname()[1]
        yield f"https://127.0.0.1:{port}/v1"
        listening.shutdown(2)
    thread.join()


async def asked(base_url: str, ca_file: str | None = None) -> str | None:
    """The text of an answer. Raises CompletionFailure."""
    provider = OpenAIProvider("k", base_url=base_url, ca_file=ca_file)
    try:
        return (await provider.complete(REQUEST, deadline_s=5)).text
    finally:
        await provider.aclose()


async def failed(base_url: str, ca_file: str | None = None) -> CompletionFailure:
    with pytest.raises(CompletionFailure) as caught:
        await asked(base_url, ca_file)
    return caught.value


async def test_a_server_whose_authority_is_named_is_asked(tmp_path: Path) -> None:
    certificate = a_certificate(tmp_path)
    with serving(a_server_context(certificate)) as base_url:
        assert await asked(base_url, certificate.certificate) == "{}"


async def test_a_gateway_that_speaks_tls_1_2_is_asked(tmp_path: Path) -> None:
    certificate = a_certificate(tmp_path)
    context = a_server_context(certificate)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with serving(context) as base_url:
        assert await asked(base_url, certificate.certificate) == "{}"


async def test_a_certificate_that_nobody_vouches_for_is_named(tmp_path: Path) -> None:
    with serving(a_server_context(a_certificate(tmp_path))) as base_url:
        failure = await failed(base_url)
    assert (failure.kind, failure.code) == (FailureKind.TLS, "certificate_self_signed")


async def test_a_certificate_of_another_host_is_named(tmp_path: Path) -> None:
    certificate = a_certificate(tmp_path, host="127.0.0.2")
    with serving(a_server_context(certificate)) as base_url:
        failure = await failed(base_url, certificate.certificate)
    assert (failure.kind, failure.code) == (FailureKind.TLS, "certificate_of_another_host")


async def test_a_certificate_that_has_expired_is_named(tmp_path: Path) -> None:
    certificate = a_certificate(tmp_path, days_left=-1)
    with serving(a_server_context(certificate)) as base_url:
        failure = await failed(base_url, certificate.certificate)
    assert (failure.kind, failure.code) == (FailureKind.TLS, "certificate_expired")


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
async def test_a_server_that_knows_only_versions_that_are_not_safe_is_named(tmp_path: Path) -> None:
    certificate = a_certificate(tmp_path)
    context = a_server_context(certificate)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    with serving(context) as base_url:
        failure = await failed(base_url, certificate.certificate)
    assert (failure.kind, failure.code) == (FailureKind.TLS, "tlsv1_alert_protocol_version")


async def test_a_server_without_tls_behind_an_https_url_is_named() -> None:
    with serving(None) as base_url:
        assert (await failed(base_url)).kind is FailureKind.TLS


async def test_one_that_hangs_up_during_the_handshake_may_mend() -> None:
    with create_server(("127.0.0.1", 0)) as listening:

        def hang_up() -> None:
            connection, _ = listening.accept()
            connection.recv(65_536)
            connection.close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        failure = await failed(f"https://127.0.0.1:{listening.getsockname()[1]}/v1")
        thread.join()
    assert failure.kind is FailureKind.CONNECTION


async def test_warming_up_tells_of_a_certificate_too(tmp_path: Path) -> None:
    with serving(a_server_context(a_certificate(tmp_path))) as base_url:
        provider = OpenAIProvider("k", base_url=base_url, max_in_flight=1)
        with pytest.raises(CompletionFailure, match="tls"):
            await provider.warm_up()
        await provider.aclose()


def test_certificates_and_host_names_are_checked() -> None:
    context = tls_context()
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


@pytest.mark.parametrize(
    ("base_url", "minimum"), [(None, ssl.TLSVersion.TLSv1_3), ("https://gateway.test/v1", ssl.TLSVersion.TLSv1_2)]
)
async def test_openai_itself_is_asked_over_tls_1_3_and_a_gateway_over_1_2_at_least(
    base_url: str | None, minimum: ssl.TLSVersion
) -> None:
    provider = OpenAIProvider("k", base_url=base_url)
    transport: Any = provider._client._client._transport
    assert transport.ssl_context.minimum_version == minimum
    await provider.aclose()
