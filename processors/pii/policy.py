"""What is done with each type of personal data, and what is never touched: plain data that the scrubber keeps to."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b
from types import MappingProxyType
from typing import TYPE_CHECKING

from processors.pii.allowed import NOTHING_ALLOWED, AllowList
from processors.pii.patterns.phones import DEFAULT_REGIONS
from processors.pii.spans import OFF_BY_DEFAULT, TYPES

if TYPE_CHECKING:
    from collections.abc import Mapping


class Action(StrEnum):
    """What becomes of a value. Only what was masked can be put back into an answer."""

    MASK = "mask"
    """A placeholder that means nothing outside its event: `<EMAIL_1>`."""
    HASH = "hash"
    """The same stand-in for a value in every event of a tenant, for joins: `<EMAIL_h5f0c1e7a2b94d836>`."""
    DROP = "drop"
    """Its type alone: `<EMAIL>`. How many there were, and which are equal, is lost."""
    KEEP = "keep"
    """It stays as it is."""


DEFAULT_ACTIONS: Mapping[str, Action] = MappingProxyType(
    {kind: Action.KEEP if kind in OFF_BY_DEFAULT else Action.MASK for kind in TYPES}
)
"""What is done where nobody says otherwise."""

# 64 bits: among 100 million values, two share a hash with a probability of 3 in 10,000.
_HASH_BYTES = 8

PLACEHOLDER = "<[A-Z][A-Z0-9_]*_[0-9]+>"
"""Regular expression of what the vault hands out for a masked value."""

STAND_IN = rf"<[A-Z][A-Z0-9_]*(?:_(?:[0-9]+|h[0-9a-f]{{{2 * _HASH_BYTES}}}))?>"
"""Regular expression of what stands in a masked text for a value that was masked, hashed or dropped."""

HASHED = rf"<[A-Z][A-Z0-9_]*_h[0-9a-f]{{{2 * _HASH_BYTES}}}>"
"""Regular expression of what stands for a hashed value. No placeholder: restoring leaves it as it is."""


@dataclass(frozen=True, slots=True)
class ScrubPolicy:
    """What is done with which types, and whose national phone formats are understood (ISO 3166-1, likeliest first).

    `hash_key` is secret: phones and e-mail addresses are few enough to be tried one by one against a hash without one.
    """

    actions: Mapping[str, Action] = field(default_factory=lambda: DEFAULT_ACTIONS)
    regions: tuple[str, ...] = DEFAULT_REGIONS
    allowed: AllowList = NOTHING_ALLOWED
    hash_key: bytes = field(default=b"", repr=False)

    def __post_init__(self) -> None:
        """Refuse types that do not exist: a misspelt one would silently mask nothing. And hashes without a key."""
        if unknown := frozenset(self.actions) - frozenset(TYPES):
            raise ValueError(f"unknown types: {', '.join(sorted(unknown))}. Known: {', '.join(TYPES)}")
        if self.hashes and not self.hash_key:
            raise ValueError("values are to be hashed, and there is no key for it")

    @classmethod
    def masking(cls, *types: str) -> ScrubPolicy:
        """Mask `types` and nothing else. Raises ValueError for one that does not exist."""
        return cls(dict.fromkeys(types, Action.MASK))

    @property
    def types(self) -> frozenset[str]:
        """The types that do not stay as they are."""
        return frozenset(kind for kind, action in self.actions.items() if action is not Action.KEEP)

    @property
    def hashes(self) -> bool:
        """Whether any type is hashed."""
        return Action.HASH in self.actions.values()

    def hashed(self, kind: str, key: str) -> str:
        """Give what stands for a value in every event. `key` is what all its forms have in common."""
        told = f"{kind}\0{key}".encode("utf-8", "surrogatepass")
        return f"<{kind}_h{blake2b(told, digest_size=_HASH_BYTES, key=self.hash_key).hexdigest()}>"


DEFAULT = ScrubPolicy()


def is_bare_name(text: str) -> bool:
    """Whether `text` is one word of ASCII letters, which is no personal data where the names of a schema stand.

    "Case" and "Grant" are what CRMs call their objects, and people's names; the finder of people would mask them. What
    badly mapped forms write in such places, addresses and numbers, has other letters.
    """
    return text.isascii() and text.isalpha()
