"""From a change event to an insight: route, scrub, fit, ask, restore. How it is delivered stands elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from processors.fingerprint import digest_of_values, fingerprint
from processors.kinds import Kind, Routes, check_answer, insight_columns
from processors.kinds.prompt import (
    fit_message,
    identifiers_of,
    injection_suspected,
    new_boundary,
    normalised,
    scrubbable,
)
from processors.llm import CompletionRequest
from processors.llm.identity import hashed_identifier
from processors.llm.limits import Flow
from schemas.errors import DataFault
from schemas.insights import CrmInsight
from schemas.outcomes import Skipped, SkipReason
from schemas.text import clean_text
from schemas.text.times import within_the_calendar

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Awaitable, Callable

    from pydantic import BaseModel

    from processors.kinds.prompt import EventTexts
    from processors.llm.asking import AskHistory
    from processors.llm.call_reports import Answered
    from processors.llm.caller import Caller
    from processors.llm.prices import PriceBook
    from processors.pii import EventPrivacy, PlaceholderVault, Privacy
    from processors.tokens import Tokenizer
    from schemas.events import CrmEvent


# A prompt that its model finds too long although it is within the budget: the budget is above the window, or tokens are
# counted with another model's vocabulary. One cut by a fifth mends the second; the first is for the settings to mend.
_SHORTENED_TO = 0.8


@dataclass(frozen=True, slots=True)
class EnrichmentRules:
    """What the settings say about every event. `max_input_tokens` bounds the user message, the part that varies."""

    model: str
    max_input_tokens: int
    salt: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Prepared:
    """An event ready to be asked about: nothing in `request` is personal data that the scrubber covers.

    `restore` says whether the answer gets the values of `vault` back. `input_tokens` counts the user message, the part
    that LLM__MAX_INPUT_TOKENS bounds. `read_unchanged` says that it is read even if its content was read before.
    """

    event: CrmEvent
    kind: Kind
    request: CompletionRequest = field(repr=False)
    fingerprint: str
    vault: PlaceholderVault
    restore: bool
    input_tokens: int
    dropped_tokens: int
    read_unchanged: bool
    redactions: Counter[str]
    injection_suspected: bool
    texts: EventTexts = field(repr=False)

    @property
    def truncated(self) -> bool:
        """Whether text was cut to fit the budget."""
        return self.dropped_tokens > 0

    def asked_of(self, model: str) -> Prepared:
        """The same, to be asked of another model."""
        return self if model == self.request.model else replace(self, request=replace(self.request, model=model))


class Enrichment:
    """Composes the processors. `prepare` is pure and synchronous, `read` makes the call."""

    def __init__(
        self,
        rules: EnrichmentRules,
        *,
        routes: Routes,
        privacy: Privacy,
        tokenizer: Tokenizer,
        prices: PriceBook,
        caller: Caller | None = None,
    ) -> None:
        """Take the parts; without a `caller` only `prepare` can be used (preview)."""
        self._rules = rules
        self._routes = routes
        self._privacy = privacy
        self._tokenizer = tokenizer
        self._prices = prices
        self._caller = caller
        self._provider = caller.state.provider if caller is not None else ""

    def prepare(self, event: CrmEvent) -> Prepared | Skipped:
        """Route, scrub and fit an event. Raises DataFault(context_too_long) where nothing of it would fit."""
        kind = self._routes.route(event)
        if isinstance(kind, SkipReason):
            return Skipped(kind)
        limit_tokens = self._rules.max_input_tokens
        original, left_out = scrubbable(event, limit_tokens, self._tokenizer)
        privacy = self._privacy.of(event.tenant, kind.name)
        scrubbed = privacy.scrubber.scrub(original.flat(), identifiers_of(event, original.message_count))
        masked = original.masked(scrubbed.texts)
        fitted = fit_message(masked, new_boundary(), limit_tokens, self._tokenizer)
        request = CompletionRequest(
            model=self._rules.model,
            instructions=kind.instructions,
            user_message=fitted.message,
            schema_name=kind.name,
            json_schema=kind.json_schema,
            max_output_tokens=kind.max_output_tokens,
            safety_identifier=hashed_identifier(self._rules.salt, event.tenant, event.actor),
        )
        return Prepared(
            event=event,
            kind=kind,
            request=request,
            fingerprint=self._fingerprint(
                event, kind, normalised(fitted.texts), scrubbed.vault if privacy.restore else None
            ),
            vault=scrubbed.vault,
            restore=privacy.restore,
            input_tokens=fitted.input_tokens,
            dropped_tokens=left_out + fitted.dropped_tokens,
            read_unchanged=self._routes.reads_unchanged(event),
            redactions=scrubbed.redactions,
            injection_suspected=injection_suspected(masked.flat()),
            texts=fitted.texts,
        )

    def _shortened(self, prepared: Prepared) -> Prepared | None:
        """Fit what was too long for the model into less; None if nothing of it is left.

        The fingerprint stays: it is what the next event of the record is compared with, and that is cut to the budget
        of the settings first, as this one was.
        """
        limit_tokens = int(prepared.input_tokens * _SHORTENED_TO)
        try:
            fitted = fit_message(prepared.texts, new_boundary(), limit_tokens, self._tokenizer)
        except DataFault:
            return None
        return replace(
            prepared,
            request=replace(prepared.request, user_message=fitted.message),
            texts=fitted.texts,
            input_tokens=fitted.input_tokens,
            dropped_tokens=prepared.dropped_tokens + fitted.dropped_tokens,
        )

    def privacy_of(self, event: CrmEvent) -> EventPrivacy:
        """What is done to the texts of `event`, whether it is read or not."""
        kind = self._routes.route(event)
        return self._privacy.of(event.tenant, None if isinstance(kind, SkipReason) else kind.name)

    def _fingerprint(self, event: CrmEvent, kind: Kind, text: str, restored: PlaceholderVault | None) -> str:
        values = "" if restored is None else digest_of_values(text, restored.placeholders, self._rules.salt)
        return fingerprint(event.record, kind, text, values)

    async def read(
        self,
        prepared: Prepared,
        *,
        now_ms: Callable[[], int],
        leave: Callable[[], Awaitable[None]] | None = None,
        history: AskHistory | None = None,
        on_cut: Callable[[Prepared], None] = lambda _: None,
    ) -> CrmInsight:
        """Ask the model and make the insight. `leave`, `history`: see `Caller.ask`. Raises DataFault, DependencyFault.

        `on_cut` hears what is asked instead where the model finds the prompt too long; a later asking, after a pause,
        begins with that.
        """
        if self._caller is None:
            raise RuntimeError("this enrichment was made without a caller, for a dry run")
        sent = prepared

        def shorten() -> CompletionRequest | None:
            nonlocal sent
            shorter = self._shortened(prepared)
            if shorter is None:
                return None
            sent = shorter
            on_cut(shorter)
            return shorter.request

        answered = await self._caller.ask(
            prepared.request,
            lambda text: check_answer(prepared.kind, text),
            shorten=shorten,
            leave=leave,
            history=history,
            flow=Flow(prepared.event.lane, prepared.event.tenant),
        )
        return self._insight(sent, answered, enriched_at=now_ms())

    def _insight(self, prepared: Prepared, answered: Answered, *, enriched_at: int) -> CrmInsight:
        event, kind, completion = prepared.event, prepared.kind, answered.completion
        answer, unrestored = self._restored(prepared, answered.answer)
        cost = self._prices.cost(prepared.request.model, answered.usage)
        return CrmInsight(
            event_id=clean_text(event.event_id),
            tenant=clean_text(event.tenant),
            department=_clean(event.department),
            source=clean_text(event.source),
            entity=clean_text(event.entity),
            record_id=clean_text(event.record_id),
            operation=event.operation.value,
            actor_hash=hashed_identifier(self._rules.salt, event.tenant, event.actor),
            occurred_at=within_the_calendar(event.occurred_at),
            enriched_at=enriched_at,
            content_fingerprint=prepared.fingerprint,
            **insight_columns(kind, answer),
            truncated=prepared.truncated,
            dropped_tokens=prepared.dropped_tokens,
            redactions=sum(prepared.redactions.values()),
            injection_suspected=prepared.injection_suspected,
            unrestored=unrestored,
            model=completion.model,
            provider=self._provider,
            input_tokens=answered.usage.input_tokens,
            cached_input_tokens=answered.usage.cached_input_tokens,
            output_tokens=answered.usage.output_tokens,
            cost=None if cost is None else cost.amount,
            currency=None if cost is None else cost.currency,
            attempts=answered.attempts,
            latency_ms=answered.latency_ms,
            provider_request_id=_clean(completion.provider_request_id),
        )

    def _restored(self, prepared: Prepared, model: BaseModel) -> tuple[dict[str, Any], int]:
        """Put originals back where the settings allow it; what could not be put back is counted.

        What was hashed or dropped has no original here: its stand-in is what is published.
        """
        answer = model.model_dump(mode="json")
        if not prepared.restore:
            return answer, 0
        restored, unrestorable = prepared.vault.restore_json(answer)
        return restored, len(unrestorable)


def _clean(text: str | None) -> str | None:
    return None if text is None else clean_text(text)
