"""The types of single settings: what a host list, a topic, a URL and a starting point look like."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, StringConstraints

_HOST_AND_PORT = re.compile(r"(?:[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?|\[[0-9A-Fa-f:.]+\]):(?P<port>[0-9]{1,5})")
_TOPIC = re.compile(r"[A-Za-z0-9._-]{1,249}")
_MAX_PORT = 65_535


def _hosts_and_ports(text: str) -> str:
    hosts = [host.strip() for host in text.split(",") if host.strip()] if text else []
    for host in hosts:
        match = _HOST_AND_PORT.fullmatch(host)
        if match is None or not 0 < int(match["port"]) <= _MAX_PORT:
            raise ValueError("must be host:port, several with commas between them, such as kafka-1:9092,kafka-2:9092")
    return ",".join(hosts)


def _topic(name: str) -> str:
    if not _TOPIC.fullmatch(name) or name in {".", ".."}:
        raise ValueError("must be a topic name: 1 to 249 of the characters a-z A-Z 0-9 . _ -")
    return name


def _url(text: str) -> str:
    if not text:
        return text
    try:
        parts = urlsplit(text)
        wrong = parts.scheme not in {"http", "https"} or not parts.hostname or parts.port == 0
    except ValueError:
        wrong = True
        parts = urlsplit("")
    if wrong or any(letter.isspace() for letter in text):
        raise ValueError("must be a URL such as https://host:8081/path")
    if parts.username is not None or parts.password is not None:
        # A password in a URL would be shown by `config show`, by the client's own errors and by proxies.
        raise ValueError("must not hold a user or a password; they have settings of their own")
    if parts.query or parts.fragment:
        raise ValueError("must not have a query or a fragment")
    return text.rstrip("/")


def _start_from(value: Any) -> Any:
    if isinstance(value, str) and value not in {"earliest", "latest"}:
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None:
            raise ValueError("must be earliest, latest, or a time with its zone such as 2026-11-01T00:00:00Z")
        return moment
    return value


def _in_capitals(actions: Mapping[str, str]) -> Mapping[str, str]:
    return {kind.strip().upper(): action for kind, action in actions.items()}


Servers = Annotated[str, AfterValidator(_hosts_and_ports)]
"""Comma-separated host:port pairs without white space; empty means not set."""

Topic = Annotated[str, AfterValidator(_topic)]
"""A name that Kafka accepts for a topic."""

Url = Annotated[str, AfterValidator(_url)]
"""An http or https URL without credentials, without a slash at the end; empty means not set."""

StartFrom = Annotated[Literal["earliest", "latest"] | AwareDatetime, BeforeValidator(_start_from)]
"""Where a consumer group without a committed offset begins."""

Actions = Annotated[Mapping[str, Literal["mask", "hash", "drop", "keep"]], AfterValidator(_in_capitals)]
"""What is done with each type of personal data, by types in capitals; whether they exist is for the rules to say."""

Currency = Annotated[str, StringConstraints(pattern="^[A-Z]{3}$")]
"""A currency as ISO 4217 names it, such as EUR."""
