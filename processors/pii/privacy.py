"""Whose data is handled how: the rules that hold for an event, by its tenant and the kind that it is read with."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING

from processors.pii.allowed import AllowList
from processors.pii.policy import DEFAULT_ACTIONS, Action, ScrubPolicy
from processors.pii.scrubber import Scrubber

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

# Each is a scrubber with its own policy. A source that makes up tenants must not fill the memory.
_MOST_KEPT = 1_000


@dataclass(frozen=True, slots=True)
class PrivacyRule:
    """What holds for the events of a tenant, of a kind, of both together, or (neither given) of everybody.

    `actions` names only the types about which this rule says something; `restore` is None where it says nothing.
    """

    tenant: str | None = None
    kind: str | None = None
    actions: Mapping[str, Action] = field(default_factory=dict)
    allow: Collection[str] = ()
    restore: bool | None = None

    def holds_for(self, tenant: str, kind: str | None) -> bool:
        """Tell whether it holds. An event that is read with no kind has only its tenant's rules."""
        return self.tenant in {None, tenant} and self.kind in {None, kind}


@dataclass(frozen=True, slots=True)
class EventPrivacy:
    """What is done to the texts of an event, and whether its answer gets the values back."""

    scrubber: Scrubber
    restore: bool


class Privacy:
    """The rules in their order: a later one overrules an earlier one by type, and adds to what is never masked."""

    def __init__(self, rules: Sequence[PrivacyRule] = (), *, salt: str = "") -> None:
        """Take the rules. Raises ValueError for an unknown type, a blank allowance, and hashing without a salt."""
        self._rules = tuple(rules)
        self._salt = salt
        self._hashing = any(Action.HASH in rule.actions.values() for rule in self._rules)
        self._kept: dict[tuple[tuple[int, ...], str], EventPrivacy] = {}
        for rule in self._rules:  # a mistake is told at the start, not by the first event that it concerns
            self._composed([rule], "")

    def of(self, tenant: str, kind: str | None = None) -> EventPrivacy:
        """Give what holds for events of `tenant` that are read with `kind` (None: with none)."""
        places = tuple(at for at, rule in enumerate(self._rules) if rule.holds_for(tenant, kind))
        return self._made(places, tenant if self._hashing else "")

    def _made(self, places: tuple[int, ...], tenant: str) -> EventPrivacy:
        known = self._kept.get((places, tenant))
        if known is None:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            known = self._kept[places, tenant] = self._composed([self._rules[at] for at in places], tenant)
        return known

    def _composed(self, rules: Sequence[PrivacyRule], tenant: str) -> EventPrivacy:
        actions = dict(DEFAULT_ACTIONS)
        restore = True
        for rule in rules:
            actions |= rule.actions
            restore = restore if rule.restore is None else rule.restore
        allowed = AllowList(entry for rule in rules for entry in rule.allow)
        return EventPrivacy(Scrubber(ScrubPolicy(actions, allowed=allowed, hash_key=self._key(tenant))), restore)

    def _key(self, tenant: str) -> bytes:
        """One key for each tenant: what two of them hold of one person cannot be joined."""
        salt = blake2b(self._salt.encode("utf-8", "surrogatepass"), digest_size=32).digest()
        return (
            blake2b(tenant.encode("utf-8", "surrogatepass"), digest_size=32, key=salt).digest() if self._salt else b""
        )
