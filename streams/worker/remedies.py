"""What a person does about a pause of the provider that does not end by itself: shown in /readyz and in the log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from processors.llm.retry_policy import PauseCause

if TYPE_CHECKING:
    from collections.abc import Mapping

REMEDIES: Final[Mapping[PauseCause, str]] = {
    PauseCause.QUOTA: "pay the provider's bill, or raise the account's limit there",
    PauseCause.UNAUTHORISED: "correct CRM_INSIGHTS_LLM__API_KEY",
    PauseCause.FORBIDDEN: "allow the key of CRM_INSIGHTS_LLM__API_KEY to use this model, or set another",
    PauseCause.REDIRECTED: "correct CRM_INSIGHTS_LLM__BASE_URL: redirects are not followed",
    PauseCause.NOT_FOUND: "set CRM_INSIGHTS_LLM__MODEL to a model that exists (it may have been retired), or correct "
    "CRM_INSIGHTS_LLM__BASE_URL",
    PauseCause.UNSUPPORTED: "set another CRM_INSIGHTS_LLM__MODEL: this one does not take what is sent",
    PauseCause.TLS: "name the authority of the server's certificate in CRM_INSIGHTS_LLM__CA_FILE if it is your own; "
    "else renew the certificate, or correct CRM_INSIGHTS_LLM__BASE_URL: its host, or https where http is spoken",
    PauseCause.REFUSED: "look into the provider's own logs: it refuses event after event and does not say why",
}
