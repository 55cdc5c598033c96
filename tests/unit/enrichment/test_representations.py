"""What is shown of an event on its way to the model names ids and numbers, never what a person wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from processors.enrichment import EnrichmentRules
from processors.kinds import check_answer, interaction_summary
from processors.kinds.prompt import fit_message, texts_of
from processors.tokens import fit, tokenizer_for
from tests.unit.enrichment.builders import a_telling_event, planted, prepared
from tests.unit.streams.asking import an_answer

if TYPE_CHECKING:
    from collections.abc import Callable

SECRET = "the password is swordfish"
TOKENIZER = tokenizer_for("gpt-5-mini")
EVENT = a_telling_event(**{name: planted(SECRET)[name] for name in ("title", "entity", "messages", "fields")})


@pytest.mark.parametrize(
    "made",
    [
        lambda: prepared(EVENT),
        lambda: texts_of(EVENT),
        lambda: texts_of(EVENT).sections[0],
        lambda: texts_of(EVENT).parts(),
        lambda: fit(texts_of(EVENT).parts(), 10, TOKENIZER),
        lambda: fit_message(texts_of(EVENT), "bcdfghjkmnpq", 100, TOKENIZER),
        lambda: check_answer(interaction_summary(), an_answer(executive_summary=SECRET)),
        lambda: EnrichmentRules(model="gpt-5-mini", max_input_tokens=100, salt=SECRET),
    ],
    ids=["prepared", "texts", "section", "parts", "fitted", "message", "answer", "rules"],
)
def test_no_text_is_shown(made: Callable[[], Any]) -> None:
    shown = f"{made()!r} {made()}"
    assert SECRET not in shown
    assert "swordfish" not in shown
