"""What a column means by its name; names are compared in lower snake case (`column_name`)."""

from __future__ import annotations

import functools
import re
from typing import Final

# In each tuple the first that the record has wins.
TEXT_COLUMNS: Final = ("text", "body", "description", "note", "notes", "content", "comment", "transcript", "message")
TITLE_COLUMNS: Final = ("title", "subject", "summary")
TENANT_COLUMNS: Final = ("tenant", "tenant_id", "org_id", "account_id", "portal_id")
# Where the account is known from elsewhere and the columns are of somebody's own making: an `org_id` is a customer's.
SAID_TENANT_COLUMNS: Final = ("tenant", "tenant_id")
ACTOR_COLUMNS: Final = ("actor", "changed_by", "updated_by", "modified_by", "last_modified_by", "last_modified_by_id")
LANGUAGE_COLUMNS: Final = ("language", "locale", "lang")
THREAD_COLUMNS: Final = ("messages", "comments", "thread", "conversation", "transcript", "utterances")
ENTITY_COLUMNS: Final = ("entity", "entity_type", "object_type", "object")
ID_COLUMNS: Final = ("id", "record_id", "uuid")

AUTHOR_COLUMNS: Final = ("author", "from", "sender", "speaker", "name")
ROLE_COLUMNS: Final = ("role", "author_type", "speaker_role")
SENT_AT_COLUMNS: Final = ("sent_at", "created_at", "timestamp", "time")

# Columns of `CrmInsight` that no CRM has by itself: what we wrote back is no news, and must not be read again.
INSIGHT_COLUMNS: Final = frozenset(
    {"executive_summary", "overall_sentiment", "churn_risk_score", "mentioned_competitors", "prompt_version"}
    | {"upsell_opportunity_identified", "content_fingerprint", "answer_json"}
)

# "customer_first_name" is one as "first_name" is; "product_family_name" and "company_full_name" are none.
_HISTORY: Final = re.compile(
    r"(?:.+_)?(?:updated?|modified|changed?|write)_?(?:at|on|by|by_id|date|time|datetime|timestamp|on_?behalf_?by)"
    r"|(?:last_)?(?:updated|modified)|date_(?:updated|modified)|system_modstamp|(?:row|lock)_?version|version_?number|time_?zone_?rule_?version"
)

# A table of users holds them beside names; no reading needs one, and an event lies on its topic for days.
_SECRET: Final = re.compile(
    r"(?:.+_)?(?:pass_?words?|passwd|pwd|pass_?code|pass_?phrase|secrets?|(?:api|private|access|secret|signing)_?key"
    r"|(?:access|refresh|auth|api|reset|session|bearer|download|security|id|remember|confirmation|invit(?:e|ation))_?token"
    r"|token|jwt|salt|otp|cvv2?|cvc)(?:_(?:hash|digest|salt|encrypted|plain))?"
)
_PERSON_NAME: Final = re.compile(
    r"(?:.+_)?(?:(?:first|last|middle|given|maiden|sur|nick)_?name|(?:"
    r"contact|customer|client|caller|requester|author|sender|agent|recipient|owner|assignee|speaker|patient|guest"
    r"|member|lead|submitter|current_user|reporter|commenter|manager|employee|person|attendee|participant|organi[sz]er"
    r"|creator|approver|representative|salutation|spouse|card_?holder)_name)"
)
_WHOLE_NAME: Final = re.compile(r"(?:(?:.+_)?([^_]+)_)?(?:family|full|display)_?name")
# "name" alone is a person's unless the thing that has it is none of these: a name too many is masked, none is sent.
_NO_PERSONS: Final = frozenset(
    {"account", "company", "organization", "organisation", "business", "product", "campaign", "deal", "opportunity"}
    | {"project", "team", "department", "list", "category", "file", "attachment", "tag", "status", "stage", "pipeline"}
    | {"item", "lineitem", "line_item", "product2", "asset", "service", "course", "cart", "discount", "tax", "fee"}
    | {"plan", "subscription", "contract", "order", "invoice", "quote", "country", "city", "queue", "group", "type"}
)
_IDENTIFIERS: Final = (
    # What stands in front of "email" may be written without a border: contactemail, where columns have no capitals.
    (re.compile(r"(?:(?:.+_)?(?:e_?)?|.+e)mails?(?:_?address(?:es)?)?(?:_?\d{1,2})?"), "EMAIL"),
    (
        re.compile(
            r"(?:.+_)?(?:(?:tele|home|work|other|business|office|contact|customer|assistant)?phones?"
            r"|(?:mobile|cell|fax|tel)(?:_?phones?)?|whats_?app|msisdn)"
            r"(?:_(?:numbers?|no|nr|work|home|mobile|cell|fax|other|office|main|direct|business))?(?:_?\d{1,2})?"
        ),
        "PHONE",
    ),
    (
        re.compile(
            r"(?:.+_)?(?:street|postal|mailing|billing|shipping|home|primary|delivery)_?address(?:_line)?(?:_?\d)?"
            r"|(?:(?:.+_)?|mailing|other|billing|shipping|bill|ship)street(?:_?\d)?|address(?:_?line)?(?:_?\d)?"
        ),
        "ADDRESS",
    ),
    (re.compile(r"(?:.+_)?(?:date_of_birth|dob|birth_?(?:date|day))"), "DATE_OF_BIRTH"),
    (re.compile(r"user_?name|login|screen_name"), "USERNAME"),
    (re.compile(r"(?:.+_)?iban"), "IBAN"),
    (re.compile(r"ssn|social_security_number"), "US_SSN"),
)
# What a value must hold besides: "has_email" is true, and "true" must not be masked wherever it stands.
_PLAUSIBLE: Final = {
    "PERSON": re.compile(r"[^\W\d_]"),
    "EMAIL": re.compile(r"[@\uff20]"),
    "PHONE": re.compile(r"(?:\d\D*){5}"),
    "ADDRESS": re.compile(r"\w{2}"),
    "DATE_OF_BIRTH": re.compile(r"\d\d.*\d\d"),
    "USERNAME": re.compile(r"\w{2}"),
    "IBAN": re.compile(r"[A-Za-z]{2}\s*\d"),
    "US_SSN": re.compile(r"\d{3}"),
}


def is_history(column: str) -> bool:
    """Whether a column only says when the row was changed, or by whom: it moves with each change, whatever that was."""
    return _HISTORY.fullmatch(column) is not None


@functools.lru_cache(maxsize=4096)
def is_secret(column: str) -> bool:
    """Whether a column holds what lets somebody in: a password, its hash, a token, a key."""
    return _SECRET.fullmatch(_plain(column)) is not None


@functools.lru_cache(maxsize=4096)
def identifier_type(column: str, holder: str) -> str | None:
    """Return which identifier a column of `holder` (an entity or an object, in lower case) holds; None if none."""
    column = _plain(column)
    if _PERSON_NAME.fullmatch(column) or (column == "name" and holder not in _NO_PERSONS):
        return "PERSON"
    whole = _WHOLE_NAME.fullmatch(column)
    if whole is not None and whole[1] not in _NO_PERSONS:
        return "PERSON"
    for pattern, kind in _IDENTIFIERS:
        if pattern.fullmatch(column):
            return kind
    return None


def _plain(column: str) -> str:
    """Return a column without what marks it as somebody's own in Salesforce (Work_Email__c) and SuiteCRM."""
    return column.removesuffix("_pc").removesuffix("_c")


def plausible(kind: str, value: str) -> bool:
    """Whether `value` can be such an identifier at all."""
    pattern = _PLAUSIBLE.get(kind)
    return pattern is None or pattern.search(value) is not None
