"""Numbers behind a label: national numbers, documents, cards, bank and customer accounts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from processors.pii.patterns import checks, cues
from processors.pii.patterns.labelled import links
from processors.pii.patterns.labelled.births import DATE
from processors.pii.spans import CHECKED, SHAPED

if TYPE_CHECKING:
    from collections.abc import Callable

    from processors.pii.page import Page
    from processors.pii.patterns.national import Scheme

    Reader = Callable[[Page, int, int], bool]

_END = r"(?![0-9a-z])(?![.,:][0-9])(?!\s?%)"
# Letters in front, then groups that each hold a digit: the word behind a number is no part of it.
_DOCUMENT = re.compile(
    r"(?:[a-z9]{5} [0-9]{6} |(?:[a-z]{1,3}[ \-])?[a-z]{0,5})[0-9a-z]?[0-9][0-9a-z]{0,19}"
    rf"(?:[ \-/.][a-z]{{0,3}}[0-9][0-9a-z]{{1,15}}){{0,4}}+{_END}"
)
_FRENCH_ACCOUNT = r"[0-9]{5} ?[0-9]{5} ?[0-9a-z]{11} ?[0-9]{2}"
_ACCOUNT = re.compile(
    rf"(?:{_FRENCH_ACCOUNT}|(?:[a-z]{{1,4}}[\-_ ]?)?[0-9]{{2,}}+(?:[ \-/.][0-9]{{2,}}+){{0,8}}(?:[\-/ ][0-9x])?){_END}"
)
_WALLET = re.compile(r"(?:0x[0-9a-f]{40}|bc1[0-9a-z]{20,64}|[13][0-9a-z]{25,34}|[\w.\-]{2,64}@[a-z]{2,20})(?![\w.]\w)")
_BANK_CODE = re.compile(rf"(?:[a-z]{{4}}0[a-z0-9]{{6}}|[0-9]{{2,}}+(?:[ \-][0-9]{{2,}}+){{0,6}}(?:-[0-9x])?){_END}")
_SORT_CODE = re.compile(rf"[\s:]{{1,2}}([0-9]{{2}}-[0-9]{{2}}-[0-9]{{2}}){_END}")
_ITALIAN_BANK = re.compile(rf"[\s:.]{{1,2}}([0-9]{{5}}){_END}")
_NUMBER_SIGN = re.compile(r"\s?#\s?(?=[0-9a-z])")
_CUSTOMER = re.compile(rf"[a-z]{{0,6}}[\-_]?[0-9][0-9a-z]*+(?:[ \-/.][0-9]{{2,}}+){{0,5}}{_END}")
_CARD = re.compile(rf"[0-9](?:[ \-]?[0-9]){{11,18}}{_END}")
_SOCIAL_SECURITY = re.compile(rf"[0-9]{{3}}[ .\-]?[0-9]{{2}}[ .\-]?[0-9]{{4}}{_END}")

_DOCUMENT_LENGTHS, _FEWEST_DOCUMENT_DIGITS = range(6, 22), 2
_ACCOUNT_DIGITS = range(5, 33)
_BANK_CODE_DIGITS = range(4, 24)
_CUSTOMER_DIGITS = range(4, 25)
_YEARS = re.compile(r"(?:19|20)[0-9]{2} ?[\-/] ?(?:19|20)[0-9]{2}")
_NOT_DIGITS = re.compile(r"[^0-9]+")


def reader_of(scheme: Scheme) -> Reader:
    """Give the reader of one national scheme: what has its form, or a few words away what also adds up."""

    def read(page: Page, start: int, end: int) -> bool:  # noqa: ARG001 - all readers are called alike
        lower = page.folded.lower
        for at in links.places(lower, end):
            found = scheme.shape.match(lower, at)
            if found is not None and (not scheme.must_add_up or scheme.adds_up(found.group())):
                page.found(at, found.end(), "NATIONAL_ID", CHECKED)
                return True
        for at in links.near(lower, end) if scheme.check is not None else ():
            found = scheme.shape.match(lower, at)
            if found is not None and scheme.adds_up(found.group()):
                page.found(at, found.end(), "NATIONAL_ID", CHECKED)
                return True
        return False

    return read


def read_social_security(page: Page, start: int, end: int) -> bool:  # noqa: ARG001 - all readers are called alike
    """Note a Social Security number: nine digits that can be one."""
    return _read(page, end, _SOCIAL_SECURITY, "US_SSN", lambda value: checks.us_ssn(_digits(value)))


def read_card(page: Page, start: int, end: int) -> bool:  # noqa: ARG001 - all readers are called alike
    """Note a card number that the label vouches for, of a brand's prefix or not; its check digit must be right."""
    return _read(page, end, _CARD, "CREDIT_CARD", lambda value: checks.luhn(_digits(value)))


def read_document(page: Page, start: int, end: int) -> bool:  # noqa: ARG001 - all readers are called alike
    """Note the number of a passport, a licence, an identity card, a tax number."""
    return _read(page, end, _DOCUMENT, "NATIONAL_ID", _is_document)


def read_customer(page: Page, start: int, end: int) -> bool:  # noqa: ARG001 - all readers are called alike
    """Note somebody's number with a company: customer, member, patient, employee."""
    return _read(page, end, _CUSTOMER, "ACCOUNT", lambda value: len(_digits(value)) in _CUSTOMER_DIGITS)


def read_account(page: Page, start: int, end: int) -> bool:  # noqa: ARG001 - all readers are called alike
    """Note a bank account."""
    return _read(page, end, _ACCOUNT, "ACCOUNT", _is_account)


def read_wallet(page: Page, start: int, end: int) -> bool:  # noqa: ARG001 - all readers are called alike
    """Note what pays like an account: the address of a wallet or of a payment service."""
    wallet = _WALLET.match(page.folded.lower, links.linked(page.folded.lower, end))
    if wallet is None:
        return False
    page.found(wallet.start(), wallet.end(), "ACCOUNT", SHAPED)
    return True


def read_bank_code(page: Page, start: int, end: int) -> bool:  # noqa: ARG001 - all readers are called alike
    """Note a bank's own number, and the account number that stands beside it. It may look like a date (20-10-12)."""
    lower = page.folded.lower
    for at in links.places(lower, end):
        found = _BANK_CODE.match(lower, at)
        if found is not None and at > end and len(_digits(found.group())) in _BANK_CODE_DIGITS:
            page.found(at, found.end(), "ACCOUNT", CHECKED)
            return True
    return False


def read_sort_code(page: Page, start: int, end: int) -> bool:  # noqa: ARG001 - all readers are called alike
    """Note a sort code behind a short word for it, in the form that British banks print."""
    return _read_exactly(page, end, _SORT_CODE)


def read_italian_bank(page: Page, start: int, end: int) -> bool:  # noqa: ARG001 - all readers are called alike
    """Note the five digits of an Italian bank or its branch."""
    return _read_exactly(page, end, _ITALIAN_BANK)


def read_of_role(page: Page, start: int, end: int) -> bool:
    """Note the number of `member #88213455`."""
    return _NUMBER_SIGN.match(page.folded.lower, end) is not None and read_customer(page, start, end)


def _read_exactly(page: Page, end: int, form: re.Pattern[str]) -> bool:
    found = form.match(page.folded.lower, end)
    if found is None:
        return False
    page.found(found.start(1), found.end(1), "ACCOUNT", CHECKED)
    return True


def _read(page: Page, end: int, form: re.Pattern[str], kind: str, accepts: Callable[[str], bool]) -> bool:
    lower = page.folded.lower
    for at in links.places(lower, end):
        found = form.match(lower, at)
        if found is not None and accepts(found.group()) and not _is_something_else(lower, end, found):
            page.found(at, found.end(), kind, CHECKED)
            return True
    return False


def _is_something_else(lower: str, label_end: int, found: re.Match[str]) -> bool:
    """Tell whether a date, an amount, or in the answer a reference of its own stands where the value should."""
    date = DATE.match(lower, found.start())
    if _YEARS.fullmatch(found.group()) is not None:
        return True
    if (date is not None and date.end() >= found.end()) or cues.is_quantity(lower, found.end()):
        return True
    between = lower[label_end : found.start()]
    return "\n" in between and cues.reference_follows(between, len(between))


def _digits(value: str) -> str:
    return _NOT_DIGITS.sub("", value)


def _is_account(value: str) -> bool:
    # An IBAN has its own recogniser and type.
    compact = "".join(char for char in value if char.isalnum())
    return len(_digits(value)) in _ACCOUNT_DIGITS and not checks.iban(compact)


def _is_document(value: str) -> bool:
    signs = sum(char.isalnum() for char in value)
    return signs in _DOCUMENT_LENGTHS and sum(char.isdigit() for char in value) >= _FEWEST_DOCUMENT_DIGITS
