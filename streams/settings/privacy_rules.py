"""What must hold of the settings that say what is masked: a misspelt type would silently protect nothing."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from streams.errors import Mistake

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from streams.settings.model import PrivacySettings


def privacy_mistakes(privacy: PrivacySettings, names: Mapping[str, str], *, needs_salt: bool) -> Iterator[Mistake]:
    """Every mistake in what is done with personal data.

    `names` says how the user wrote actions, allow, rules and salt; `needs_salt`: there is none, and hashes are made.
    """
    actions = {names["actions"]: privacy.actions}
    allowed = {names["allow"]: privacy.allow}
    for number, rule in enumerate(privacy.rules):
        name = f"{names['rules']}[{number}]"
        actions[f"{name}[actions]"] = rule.actions
        allowed[f"{name}[allow]"] = rule.allow
        if rule.tenant is None and rule.kind is None:
            yield Mistake(
                name, "names neither a tenant nor a kind.", f"What holds for all stands in {names['actions']}."
            )
        elif rule.kind is not None:
            yield from _kind(f"{name}[kind]", rule.kind)
    for name, by_type in actions.items():
        yield from _types(name, by_type)
        hashed = [kind for kind, action in by_type.items() if action == "hash"]
        if hashed and needs_salt:
            problem = f"is hash, and {names['salt']} is missing: hashes without a salt can be reversed by trying."
            yield Mistake(f"{name}[{hashed[0]}]", problem, "Make one with `openssl rand -hex 32`.")
    for name, entries in allowed.items():
        if not all(any(letter.isalnum() for letter in entry) for entry in entries):
            yield Mistake(name, "holds an entry without a letter or a digit.", "Remove it.")


def _types(name: str, kinds: Iterable[str]) -> Iterator[Mistake]:
    unknown = list(kinds)
    if not unknown:
        return
    from processors.pii import TYPES  # noqa: PLC0415 - heavy, and few say anything here

    for kind in unknown:
        if kind not in TYPES:
            yield Mistake(f"{name}[{kind}]", "is no type of personal data.", _meant(kind, TYPES))


def _kind(name: str, kind: str) -> Iterator[Mistake]:
    from processors.kinds import interaction_summary  # noqa: PLC0415 - as above

    known = (interaction_summary().name,)
    if kind not in known:
        yield Mistake(name, f"is {kind!r}, which is no kind.", _meant(kind, known))


def _meant(word: str, known: Iterable[str]) -> str:
    listed = list(known)
    near = difflib.get_close_matches(word, listed, n=1)
    return (f"Did you mean {near[0]}? " if near else "") + f"Known: {', '.join(listed)}."
