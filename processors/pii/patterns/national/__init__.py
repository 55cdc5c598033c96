"""Numbers that states give to people: how each is written, and the arithmetic that tells it from any other number."""

from processors.pii.patterns.national.schemes import SCHEMES, SELF_EVIDENT, Scheme

__all__ = ["SCHEMES", "SELF_EVIDENT", "Scheme"]
