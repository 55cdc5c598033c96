"""One request to the schema registry, ending in a value, in `NotFound` or in a fault; never in a secret."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import unquote, urlsplit, urlunsplit

from schemas.errors import Dependency, DependencyFault

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from confluent_kafka.schema_registry import AsyncSchemaRegistryClient

T = TypeVar("T")

# What the registry's API answers with a 404; with any other code, or none, the 404 may come from something else.
_NOT_FOUND_CODES: Final = frozenset({40401, 40402, 40403, 40408})  # subject, version, schema, level of the subject
_SETTINGS: Final = "CRM_INSIGHTS_SCHEMA_REGISTRY__"
_MAX_ANSWER_CHARS: Final = 500


class NotFound(Exception):  # noqa: N818 -- an answer, not a failure
    """The registry is there and has no such thing."""


class Refused(Exception):  # noqa: N818 -- as above
    """The registry understood and will not (409, 422); the message is its answer, shortened."""


class RegistryClient:
    """confluent-kafka's client, made at the first request, with bounded time and without its retries.

    The caller waits and tries again (a dependency fault pauses the worker); a client that retried by itself would hold
    an event three times as long as the setting says.
    """

    def __init__(self, url: str, user: str | None, password: str | None, ca_file: str | None, timeout_s: float) -> None:
        """Take what the settings say; nothing is imported or opened yet."""
        self._url, url_user, url_password = _without_credentials(url)
        self._user = user or url_user
        self._password = password or url_password
        self._ca_file = ca_file
        self._timeout_s = timeout_s
        self._client: AsyncSchemaRegistryClient | None = None
        self.last_heard = "not asked yet"
        """How the last request went: "answers", or what was wrong."""

    async def ask(self, request: Callable[[AsyncSchemaRegistryClient], Awaitable[T]]) -> T:
        """Make one request. Raises NotFound, Refused, DependencyFault(REGISTRY)."""
        try:
            answer = await self._asked(request)
        except DependencyFault as fault:
            self.last_heard = fault.detail
            raise
        except (NotFound, Refused):
            self.last_heard = "answers"
            raise
        self.last_heard = "answers"
        return answer

    async def _asked(self, request: Callable[[AsyncSchemaRegistryClient], Awaitable[T]]) -> T:
        client = self._opened()
        # It remembers every answer for ever and without bound; ours are remembered by the caller.
        await client.clear_caches()  # type: ignore[no-untyped-call]
        from confluent_kafka.schema_registry.error import SchemaRegistryError  # noqa: PLC0415 -- see _opened

        try:
            # httpx bounds each step (connect, each read) by itself; a server that sends a byte a second would hold an
            # event for minutes.
            async with asyncio.timeout(self._timeout_s):
                return await request(client)
        except TimeoutError:
            raise _fault(f"no answer within {self._timeout_s:g} s") from None
        except SchemaRegistryError as error:
            raise await self._judged(error) from None
        except Exception as error:  # noqa: BLE001
            # Connection errors of httpx, JSON errors where a proxy answers with a page, attribute errors where the
            # JSON is not what the client expects: the registry cannot be asked now. Their words may quote the URL.
            raise _fault(f"cannot be asked ({type(error).__name__})") from None

    async def ping(self) -> None:
        """Make the smallest request that only a schema registry answers. Raises DependencyFault(REGISTRY)."""
        try:
            await self.ask(lambda client: client.get_schema_types())
        except (NotFound, Refused):
            raise _fault(_WRONG_PATH, alarm=True) from None

    async def aclose(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aclose()

    async def _judged(self, error: Any) -> Exception:
        status, code = error.http_status_code, error.error_code
        if status in (401, 403):
            detail = f"refuses our credentials ({status}). Check {_SETTINGS}USER and {_SETTINGS}PASSWORD"
            return _fault(detail, alarm=True)
        if status == 404:  # noqa: PLR2004 -- HTTP's own number
            if code in _NOT_FOUND_CODES:
                return NotFound()
            # A wrong path or a proxy in between says 404 to everything: to believe it would dead-letter every event.
            if await self._is_a_registry():
                return NotFound()
            return _fault(_WRONG_PATH, alarm=True)
        if status in (409, 422):
            return Refused(" ".join(str(error.error_message).split())[:_MAX_ANSWER_CHARS])
        return _fault(f"answers {status}")

    async def _is_a_registry(self) -> bool:
        client = self._opened()
        try:
            async with asyncio.timeout(self._timeout_s):
                return isinstance(await client.get_schema_types(), list)
        except Exception:  # noqa: BLE001 -- whatever it is, it does not answer as a registry does
            return False

    def _opened(self) -> AsyncSchemaRegistryClient:
        if self._client is None:
            # 0.3 s to import (httpx, authlib): paid by who talks to a registry, not by `crm-insights --help`.
            from confluent_kafka.schema_registry import AsyncSchemaRegistryClient  # noqa: PLC0415

            conf: dict[str, Any] = {"url": self._url, "timeout": self._timeout_s, "max.retries": 0}
            if self._user or self._password:
                conf["basic.auth.user.info"] = f"{self._user or ''}:{self._password or ''}"
            if self._ca_file:
                conf["ssl.ca.location"] = self._ca_file
            try:
                self._client = AsyncSchemaRegistryClient(conf)
            except Exception as error:  # noqa: BLE001 -- ValueError, OSError, ssl.SSLError; their words quote settings
                detail = f"cannot be set up ({type(error).__name__}). Check {_SETTINGS}URL and {_SETTINGS}CA_FILE"
                raise _fault(detail, alarm=True) from None
        return self._client


_WRONG_PATH: Final = f"answers 404 as if it were no schema registry. Check the path in {_SETTINGS}URL"


def _fault(detail: str, *, alarm: bool = False) -> DependencyFault:
    return DependencyFault(Dependency.REGISTRY, f"The schema registry {detail}", alarm=alarm)


def _without_credentials(url: str) -> tuple[str, str | None, str | None]:
    """Take user and password out of the URL: the client refuses them twice, and logs and errors name URLs."""
    parts = urlsplit(url)
    if "@" not in parts.netloc:
        return url, None, None
    userinfo, _, host = parts.netloc.rpartition("@")
    user, _, password = userinfo.partition(":")
    return urlunsplit(parts._replace(netloc=host)), unquote(user), unquote(password)
