"""What one worker tells the others of one account: the records of `crm.spend`, as bytes.

Key `tenant/period/worker` in UTF-8, with `/` and `%` of a tenant percent-encoded and `*` for the budget of all
together. Value JSON `{"claimed", "spent", "currency"}`, amounts in billionths of the currency's unit; null once the
period is long over.
"""

from __future__ import annotations

import json
from typing import NamedTuple

from processors.money.budgets import AccountId

_ALL = "*"


class Claim(NamedTuple):
    """How much a worker has taken of an account for itself, and how much of that it has spent, in nanos."""

    claimed: int
    spent: int


def key_of(account: AccountId, worker: str) -> bytes:
    """The key of what `worker` says of `account`."""
    tenant = _ALL if account.tenant is None else _escaped(account.tenant)
    return f"{tenant}/{account.period}/{worker}".encode("utf-8", "surrogatepass")


def read_key(key: bytes) -> tuple[AccountId, str] | None:
    """The account and the worker of a key; None if it is none of ours."""
    try:
        tenant, period, worker = key.decode("utf-8", "surrogatepass").split("/")
    except ValueError:
        return None
    return AccountId(None if tenant == _ALL else _unescaped(tenant), period), worker


def value_of(claim: Claim, currency: str, number: int) -> bytes:
    """The value that says `claim`; `number` tells the claims of one worker apart."""
    said = {"claimed": claim.claimed, "spent": claim.spent, "currency": currency, "number": number}
    return json.dumps(said, separators=(",", ":")).encode()


def read_value(value: bytes, currency: str) -> tuple[Claim, int] | None:
    """The claim of a value and its number; None if it is none, or in another currency."""
    try:
        said = json.loads(value)
        claimed, spent, number = (said[name] for name in ("claimed", "spent", "number"))
        ours = said["currency"] == currency
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    if not ours or not all(type(one) is int and one >= 0 for one in (claimed, spent, number)):
        return None
    return Claim(claimed, spent), number


def _escaped(tenant: str) -> str:
    if tenant == _ALL:
        return "%2A"
    return tenant.replace("%", "%25").replace("/", "%2F")


def _unescaped(tenant: str) -> str:
    return "*" if tenant == "%2A" else tenant.replace("%2F", "/").replace("%25", "%")
