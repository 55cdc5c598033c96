"""Counting tokens with shipped vocabularies, and fitting an event's texts into a budget of them."""

from __future__ import annotations

from processors.tokens.budget import Fitted, Part, Rank, fit
from processors.tokens.graphemes import grapheme_floor
from processors.tokens.tokenizer import Tokenizer, tokenizer_for
from processors.tokens.vocabulary import VocabularyError

__all__ = ["Fitted", "Part", "Rank", "Tokenizer", "VocabularyError", "fit", "grapheme_floor", "tokenizer_for"]
