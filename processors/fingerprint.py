"""The identity of a reading: what must be equal for an event to be answered by the insight before it."""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import TYPE_CHECKING

from processors.pii.policy import PLACEHOLDER
from processors.pii.values import value_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from processors.kinds import Kind

_PLACEHOLDER = re.compile(PLACEHOLDER)


def fingerprint(record: str, kind: Kind, text: str, values: str = "") -> str:
    """32 hexadecimal digits over record, kind, prompt version, what would be sent, and what it would be restored with.

    `text` is masked; `values` is `digest_of_values`. Without values they are the same as in version 0.1, which knew
    none: an update reads nothing again that holds no personal data.
    """
    digest = blake2b(digest_size=16)
    _update(digest, (record, kind.name, kind.prompt_version, text, *([values] if values else [])))
    return digest.hexdigest()


def digest_of_values(text: str, placeholders: Mapping[str, str], salt: str) -> str:
    """A keyed hash of the values that stand behind the placeholders of `text`, or "" if there are none.

    Two masked texts can be equal where the texts are not: "send it to <EMAIL_1>" was one person's address yesterday and
    is another's today. Their answers are equal too, but with the values put back they are two insights, and the second
    must not be skipped as unchanged. So what is restored is content. Where nothing is restored (PRIVACY__RESTORE is
    false) it is not: what would be published is equal, so that nobody should pay for it twice; and where nobody wants
    the values outside, no hash of them goes out either. The caller decides by calling or not.

    Another way to write a value is no change, as far as the vault says so ("Ann Lee", "ANN LEE"); a phone with and
    without its country is two values here. Values of placeholders that were cut away do not count: they are not sent.

    Keyed with `salt`, since e-mail addresses and phones are few enough to be tried one by one against a fingerprint
    that is published. Another salt gives other fingerprints, and each record with personal data is read once more.
    """
    values: list[str] = []
    for mark in dict.fromkeys(match[0] for match in _PLACEHOLDER.finditer(text)):
        if mark in placeholders:  # not one that a customer wrote: such stand in the text as they are
            type_ = mark[1:].rpartition("_")[0]
            values += [mark, value_key(type_, placeholders[mark])]
    if not values:
        return ""
    key = blake2b(salt.encode("utf-8", "surrogatepass"), digest_size=32).digest()
    digest = blake2b(digest_size=16, key=key)
    _update(digest, values)
    return digest.hexdigest()


def _update(digest: blake2b, parts: Iterable[str]) -> None:
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "big"))  # ("ab", "c") and ("a", "bc") differ
        digest.update(data)
