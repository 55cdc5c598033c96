"""What is done with each type, whose rules hold, and what is never touched."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.pii import TYPES, Action, Privacy, PrivacyRule, Scrubber, ScrubPolicy
from processors.pii.allowed import AllowList
from processors.pii.policy import HASHED, STAND_IN

SALT = "a-salt-of-sixteen-characters"
MAIL, PHONE = "ann@x.example", "+1 415 555 0123"


def scrubber(*rules: PrivacyRule, tenant: str = "acme", salt: str = SALT) -> Scrubber:
    return Privacy(rules, salt=salt).of(tenant).scrubber


def doing(action: Action, *kinds: str) -> PrivacyRule:
    return PrivacyRule(actions=dict.fromkeys(kinds, action))


def masked(scrubber: Scrubber, text: str, **known: list[str]) -> str:
    return scrubber.scrub([text], known).texts[0]


# ---- actions ---------------------------------------------------------------------------------------------------------


def test_without_rules_places_and_companies_are_kept_and_all_else_is_masked() -> None:
    known = {"LOCATION": ["Springfield"], "ORGANIZATION": ["Initech"], "USERNAME": ["zork77"]}
    assert masked(scrubber(), f"zork77 of Initech in Springfield: {MAIL}", **known) == (
        "<USERNAME_1> of Initech in Springfield: <EMAIL_1>"
    )


def test_a_type_that_is_kept_stays_as_it_is() -> None:
    assert masked(scrubber(doing(Action.KEEP, "PHONE")), f"{MAIL} {PHONE}") == f"<EMAIL_1> {PHONE}"


def test_a_person_is_masked_in_an_address_that_is_kept() -> None:
    kept = scrubber(doing(Action.KEEP, "EMAIL"))
    assert masked(kept, "bob@x.example, ann.lee@x.example", PERSON=["Ann Lee"]) == "bob@x.example, <PERSON_1>@x.example"


def test_companies_are_masked_where_somebody_asks_for_it() -> None:
    asked = scrubber(doing(Action.MASK, "ORGANIZATION"))
    assert masked(asked, "We are Initech.", ORGANIZATION=["Initech"]) == "We are <ORGANIZATION_1>."


def test_what_is_dropped_leaves_its_type_and_nothing_of_its_number() -> None:
    dropping = scrubber(doing(Action.DROP, "EMAIL"))
    assert masked(dropping, f"{MAIL}, bob@y.example, {MAIL}, {PHONE}") == "<EMAIL>, <EMAIL>, <EMAIL>, <PHONE_1>"


def test_what_is_dropped_does_not_come_back() -> None:
    scrubbed = scrubber(doing(Action.DROP, "EMAIL")).scrub([f"{MAIL} {PHONE}"])
    restored = scrubbed.vault.restore("Write to <EMAIL> or call <PHONE_1>")
    assert restored.text == f"Write to <EMAIL> or call {PHONE}"
    assert restored.unrestorable == ()


def test_a_hash_is_the_same_in_every_event_and_for_every_form_of_a_value() -> None:
    hashing = scrubber(doing(Action.HASH, "EMAIL", "PHONE"))
    first = masked(hashing, f"{MAIL} {PHONE}")
    assert re.fullmatch(r"<EMAIL_h[0-9a-f]{16}> <PHONE_h[0-9a-f]{16}>", first)
    assert masked(hashing, "ANN@X.EXAMPLE (+1) 415-555-0123").split()[0] == first.split()[0]
    assert masked(scrubber(doing(Action.HASH, "EMAIL", "PHONE")), f"{MAIL} {PHONE}") == first


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(("bob@x.example", "acme", SALT), id="another value"),
        pytest.param((MAIL, "initech", SALT), id="another tenant"),
        pytest.param((MAIL, "acme", SALT + "!"), id="another salt"),
    ],
)
def test_hashes_differ_by_value_tenant_and_salt(other: tuple[str, str, str]) -> None:
    mail, tenant, salt = other
    rule = doing(Action.HASH, "EMAIL")
    assert masked(scrubber(rule, tenant=tenant, salt=salt), mail) != masked(scrubber(rule), MAIL)


def test_two_types_of_one_text_have_two_hashes() -> None:
    policy = ScrubPolicy(dict.fromkeys(TYPES, Action.HASH), hash_key=b"k")
    assert policy.hashed("ACCOUNT", "1234567")[-17:] != policy.hashed("USERNAME", "1234567")[-17:]


def test_a_hash_stays_in_the_answer_and_is_no_failed_restoring() -> None:
    scrubbed = scrubber(doing(Action.HASH, "EMAIL")).scrub([f"{MAIL} {PHONE}"])
    (hashed, _) = scrubbed.texts[0].split()
    restored = scrubbed.vault.restore(f"{hashed} asks to be called at <PHONE_1>")
    assert restored.text == f"{hashed} asks to be called at {PHONE}"
    assert restored.unrestorable == ()
    assert dict(scrubbed.vault.placeholders) == {"<PHONE_1>": PHONE}


def test_hashing_without_a_salt_is_refused() -> None:
    with pytest.raises(ValueError, match="no key"):
        Privacy([doing(Action.HASH, "PHONE")])


@given(
    st.lists(st.sampled_from([MAIL, PHONE, "Ann Lee", "token: ", "id ", " ", "@", "4111 1111 1111 1111"]), max_size=8)
)
def test_what_was_hashed_or_dropped_is_not_found_again(parts: list[str]) -> None:
    kinds = [kind for kind in TYPES if kind not in {"EMAIL", "PERSON"}]
    both = scrubber(doing(Action.HASH, "EMAIL", "PERSON"), doing(Action.DROP, *kinds))
    once = masked(both, "".join(parts), PERSON=["Ann Lee"])
    assert masked(both, once, PERSON=["Ann Lee"]) == once


@pytest.mark.parametrize("action", [Action.MASK, Action.HASH, Action.DROP])
def test_every_stand_in_has_the_one_form_that_is_known_for_it(action: Action) -> None:
    (span,) = scrubber(doing(action, "EMAIL")).scrub([MAIL]).spans[0]
    assert re.fullmatch(STAND_IN, span.placeholder)
    assert bool(re.fullmatch(HASHED, span.placeholder)) == (action is Action.HASH)


# ---- whose rules hold ------------------------------------------------------------------------------------------------


def test_a_later_rule_overrules_an_earlier_one_in_what_it_names() -> None:
    both = scrubber(doing(Action.DROP, "EMAIL", "PHONE"), doing(Action.KEEP, "PHONE"))
    assert masked(both, f"{MAIL} {PHONE}") == f"<EMAIL> {PHONE}"


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        (PrivacyRule(restore=False), True),
        (PrivacyRule(tenant="acme", restore=False), True),
        (PrivacyRule(kind="summary", restore=False), True),
        (PrivacyRule(tenant="acme", kind="summary", restore=False), True),
        (PrivacyRule(tenant="Acme", restore=False), False),
        (PrivacyRule(kind="other", restore=False), False),
        (PrivacyRule(tenant="initech", kind="summary", restore=False), False),
        (PrivacyRule(tenant="acme", kind="other", restore=False), False),
    ],
)
def test_a_rule_holds_where_all_that_it_names_is_so(rule: PrivacyRule, holds: bool) -> None:  # noqa: FBT001 - a column
    assert Privacy([rule]).of("acme", "summary").restore is not holds


def test_an_event_that_is_not_read_has_its_tenants_rules_only() -> None:
    rules = [PrivacyRule(kind="summary", restore=False), PrivacyRule(tenant="acme", actions={"EMAIL": Action.DROP})]
    mine = Privacy(rules).of("acme")
    assert mine.restore
    assert masked(mine.scrubber, MAIL) == "<EMAIL>"


def test_a_source_that_makes_up_tenants_does_not_fill_the_memory() -> None:
    privacy = Privacy([doing(Action.HASH, "EMAIL")], salt=SALT)
    for number in range(2_500):
        privacy.of(f"tenant {number}")
    assert len(privacy._kept) <= 1_000


def test_tenants_without_rules_of_their_own_share_one_scrubber() -> None:
    privacy = Privacy([PrivacyRule(tenant="acme", restore=False)])
    assert privacy.of("one").scrubber is privacy.of("two").scrubber


def test_an_unknown_type_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="unknown types: EMIAL"):
        Privacy([doing(Action.DROP, "EMIAL")])


# ---- what is never masked --------------------------------------------------------------------------------------------


def allowing(*entries: str) -> Scrubber:
    return scrubber(PrivacyRule(allow=entries))


@pytest.mark.parametrize("written", ["Will Pipedrive", "WILL PIPEDRIVE", "will  pipedrive", "Will\nPipe\u00addrive"])
def test_an_allowed_name_stays_in_any_case_and_spacing(written: str) -> None:
    assert masked(allowing("Will Pipedrive"), f"We left {written} in May", PERSON=["Will Pipedrive"]) == (
        f"We left {written} in May"
    )


def test_an_allowed_name_is_a_whole_word() -> None:
    text = "Zorkland and Zork"
    assert masked(allowing("Zork"), text, PERSON=["Zork", "Zorkland"]) == "<PERSON_1> and Zork"


def test_what_the_record_calls_a_person_is_masked_whole_around_an_allowed_word() -> None:
    assert masked(allowing("monday"), "Ann Monday uses monday", PERSON=["Ann Monday"]) == "<PERSON_1> uses monday"


def test_an_address_at_an_own_domain_stays_and_so_does_the_name_in_it() -> None:
    own = allowing("@corp.example")
    text = "ann.lee@corp.example, bob@de.corp.example, eve@notcorp.example, dan@corp.example.org"
    assert masked(own, text, PERSON=["Ann Lee"], EMAIL=["ann.lee@corp.example"]) == (
        "ann.lee@corp.example, bob@de.corp.example, <EMAIL_1>, <EMAIL_2>"
    )


def test_an_allowed_company_does_not_open_the_addresses_at_its_domain() -> None:
    assert masked(allowing("Initech"), "ann@initech.example of Initech") == "<EMAIL_1> of Initech"


def test_a_number_that_is_allowed_stays_wherever_it_stands() -> None:
    text = "Test card 4111 1111 1111 1111, mine 4539 1488 0343 6467, x4111 1111 1111 1111"
    assert masked(allowing("4111 1111 1111 1111"), text).startswith(
        "Test card 4111 1111 1111 1111, mine <CREDIT_CARD_1>"
    )


def test_rules_add_to_what_is_allowed() -> None:
    rules = [PrivacyRule(allow=("@one.example",)), PrivacyRule(tenant="acme", allow=("@two.example",))]
    assert masked(scrubber(*rules), "a@one.example a@two.example a@three.example") == (
        "a@one.example a@two.example <EMAIL_1>"
    )


def test_names_of_other_scripts_are_told_apart() -> None:
    assert masked(allowing("王晓燕"), "王晓燕和李小龙", PERSON=["王晓燕", "李小龙"]) == "王晓燕和<PERSON_1>"


@pytest.mark.parametrize("entry", ["", " ", "@", "..."])
def test_an_entry_that_allows_everything_or_nothing_is_refused(entry: str) -> None:
    with pytest.raises(ValueError, match="letter or a digit"):
        AllowList([entry])


@given(
    st.lists(
        st.sampled_from(["Zork", "Ann Lee", MAIL, "bob@own.example", PHONE, " ", "\n", "-", "x", "\u200b"]), max_size=9
    )
)
def test_no_allowed_word_is_ever_touched(parts: list[str]) -> None:
    text = "".join(parts)
    scrubbed = allowing("Zork", "@own.example").scrub([text], {"PERSON": ["Zork", "Ann Lee"], "USERNAME": ["zork"]})
    kept = [match.span() for match in re.finditer(r"(?<![^\W_])Zork(?![^\W_])", text)]
    spans = [(span.start, span.end) for span in scrubbed.spans[0] if span.text.casefold() != MAIL]
    assert not [(a, b) for a in kept for b in spans if a[0] < b[1] and b[0] < a[1]]
