"""The per-event map from placeholder to original. It never leaves the process."""

from __future__ import annotations

from collections import Counter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from processors.pii.restoration import Restored, Restorer
from processors.pii.values import value_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class PlaceholderVault:
    """Hands out placeholders and knows what each stands for.

    One value has one placeholder in all texts of an event, two values never share one, and a number that the input
    already carries is never handed out. Where a value occurs in two forms ("Ann Lee", "ANN LEE"), the first one is
    put back.
    """

    def __init__(self, taken: Iterable[tuple[str, int]] = (), literals: Iterable[str] = ()) -> None:
        """`taken` are (type, number) that the input itself carries, `literals` the marks that stand in it as text."""
        self._taken = frozenset(taken)
        self._literals = frozenset(literals)
        self._by_value: dict[tuple[str, str], str] = {}
        self._originals: dict[str, str] = {}
        self._last: Counter[str] = Counter()
        self._restorer: Restorer | None = None

    def placeholder(self, kind: str, text: str, key: str | None = None) -> str:
        """Give the placeholder of a value, a new one for a new value. `key` says which it is, if the text does not."""
        value = (kind, value_key(kind, text) if key is None else key)
        known = self._by_value.get(value)
        if known is not None:
            return known
        number = self._last[kind] + 1
        while (kind, number) in self._taken:
            number += 1
        self._last[kind] = number
        placeholder = f"<{kind}_{number}>"
        self._by_value[value] = placeholder
        self._originals[placeholder] = text
        self._restorer = None
        return placeholder

    @property
    def placeholders(self) -> Mapping[str, str]:
        """Placeholder -> original, in the order in which they were handed out. Read only."""
        return MappingProxyType(self._originals)

    def restore(self, text: str) -> Restored:
        """Put the originals back into an answer; marks that stood in the input stay as they are, unreported."""
        return self._own_restorer().restore(text)

    def restore_json(self, value: Any) -> tuple[Any, tuple[str, ...]]:
        """As `restore`, for every string in a value made of dicts, lists and scalars."""
        return self._own_restorer().restore_json(value)

    def _own_restorer(self) -> Restorer:
        if self._restorer is None:
            self._restorer = Restorer(self._originals, self._literals)
        return self._restorer

    def __repr__(self) -> str:
        """Counts only: a vault in a traceback or a log line must tell nobody anything."""
        counts = ", ".join(f"{kind}: {number}" for kind, number in sorted(self._counts().items()))
        return f"<PlaceholderVault {counts or 'empty'}>"

    def _counts(self) -> Counter[str]:
        return Counter(kind for kind, _ in self._by_value)

    def __reduce__(self) -> tuple[Any, ...]:
        """Refuse to be pickled: it never leaves the process."""
        raise TypeError("a PlaceholderVault does not leave the process")
