"""The vocabularies that are shipped with the package, and which model uses which.

tiktoken ships none: at first use it downloads one, without a time limit, which fails behind most company firewalls
(tiktoken/load.py). An `Encoding` made from our own files reaches no cache directory and no network at all. The
patterns and special tokens are those of tiktoken_ext/openai_public.py (tiktoken 0.14); a test compares the two.
"""

from __future__ import annotations

import binascii
import gzip
import hashlib
import zlib
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from tiktoken import Encoding
from tiktoken.model import encoding_name_for_model

from schemas.errors import CrmInsightsError

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

FALLBACK = "o200k_base"


class VocabularyError(CrmInsightsError):
    """A vocabulary file of this installation is missing or damaged."""

    def __init__(self, name: str, fault: str) -> None:
        """Say which vocabulary it is, what is wrong with it, and that only a new installation mends it."""
        super().__init__(f"The vocabulary {name} of this installation {fault}. Install crm-insights again.")


@dataclass(frozen=True)
class Vocabulary:
    """What defines a tokenizer beside its ranks; `sha256` is that of the file as OpenAI serves it, uncompressed."""

    name: str
    sha256: str
    pattern: str
    special_tokens: dict[str, int] = field(hash=False)

    @property
    def file_name(self) -> str:
        """The name of the file in `data/`: one base64 token and its rank a line, compressed.

        Compressed, because the wheel and git compress anyway and the disk then holds 2.5 MB instead of 5.3. It costs
        18 of the 270 ms that o200k_base takes to load (measured); xz would be a third smaller and cost 62.
        """
        return f"{self.name}.tiktoken.gz"


_CONTRACTION = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
VOCABULARIES = {
    vocabulary.name: vocabulary
    for vocabulary in (
        Vocabulary(
            name="o200k_base",
            sha256="446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
            pattern="|".join(
                (
                    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+" + _CONTRACTION,
                    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*" + _CONTRACTION,
                    r"\p{N}{1,3}",
                    r" ?[^\s\p{L}\p{N}]+[\r\n/]*",
                    r"\s*[\r\n]+",
                    r"\s+(?!\S)",
                    r"\s+",
                )
            ),
            special_tokens={"<|endoftext|>": 199999, "<|endofprompt|>": 200018},
        ),
        Vocabulary(
            name="cl100k_base",
            sha256="223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
            pattern=(
                r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+"
                r"| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s"
            ),
            special_tokens={
                "<|endoftext|>": 100257,
                "<|fim_prefix|>": 100258,
                "<|fim_middle|>": 100259,
                "<|fim_suffix|>": 100260,
                "<|endofprompt|>": 100276,
            },
        ),
    )
}

# Ordinary text is cut in the same tokens by both: harmony only adds special ones.
_SAME_FOR_ORDINARY_TEXT = {"o200k_harmony": "o200k_base"}


def vocabulary_of(model: str) -> tuple[str, bool]:
    """Name the vocabulary for `model` and whether it is known to be the model's own.

    Names that tiktoken does not know (the newest models, those of other makers) get o200k_base and False: an estimate,
    which callers calibrate from `usage` in the answers. A route before the name (`openai/gpt-4o`) is ignored.
    """
    try:
        name = encoding_name_for_model(model.rpartition("/")[2])
    except KeyError:
        return FALLBACK, False
    name = _SAME_FOR_ORDINARY_TEXT.get(name, name)
    return (name, True) if name in VOCABULARIES else (FALLBACK, False)


@cache
def encoding(name: str) -> Encoding:
    """Load and verify a shipped vocabulary, once a process: 0.3 s for o200k_base. Raises `VocabularyError`."""
    return load(VOCABULARIES[name], resources.files("processors.tokens") / "data")


def load(vocabulary: Vocabulary, folder: Traversable) -> Encoding:
    """Make an encoding from the vocabulary's file in `folder`. Raises `VocabularyError` if it is missing or damaged."""
    try:
        content = gzip.decompress((folder / vocabulary.file_name).read_bytes())
    except FileNotFoundError:
        raise VocabularyError(vocabulary.name, f"is missing ({vocabulary.file_name})") from None
    except (OSError, EOFError, zlib.error):
        raise VocabularyError(vocabulary.name, f"cannot be read ({vocabulary.file_name})") from None
    found = hashlib.sha256(content).hexdigest()
    if found != vocabulary.sha256:
        raise VocabularyError(
            vocabulary.name, f"is damaged (sha256 {found[:12]}... instead of {vocabulary.sha256[:12]}...)"
        )
    decode = binascii.a2b_base64
    # The hash vouches for the format, so a line needs no checks: token, space, rank.
    lines = (line.split() for line in content.splitlines() if line)
    return Encoding(
        vocabulary.name,
        pat_str=vocabulary.pattern,
        mergeable_ranks={decode(token): int(rank) for token, rank in lines},
        special_tokens=vocabulary.special_tokens,
    )
