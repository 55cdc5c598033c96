"""What countries' numbering plans say about the length and the form of a number, without parsing it.

From the metadata of the `phonenumbers` library. Parsing costs 25 µs for each of twenty regions, which would be most of
what scrubbing a text costs; most numbers are ruled out by how many digits they have.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

if TYPE_CHECKING:
    from phonenumbers import PhoneNumberDesc

_NOTHING = re.compile(r"(?!)")


def country_of(digits: str) -> str | None:
    """Give the country code that `digits` begin with; no code is the beginning of another."""
    return next((digits[:size] for size in (1, 2, 3) if int(digits[:size]) in COUNTRY_CODE_TO_REGION_CODE), None)


@cache
def national_lengths(country: str) -> frozenset[int]:
    """How many digits a number has behind the country code."""
    code = int(country)
    return _lengths(PhoneMetadata.metadata_for_region_or_calling_code(code, COUNTRY_CODE_TO_REGION_CODE[code][0]))


@cache
def written_lengths(regions: tuple[str, ...]) -> frozenset[int]:
    """How many digits a number can be written with in one of the regions: local, national, with trunk or country."""
    lengths: set[int] = set()
    for region in regions:
        metadata = PhoneMetadata.metadata_for_region(region)
        national, general = _lengths(metadata), _general(metadata)
        local = general.possible_length_local_only if general is not None else ()
        prefixes = (trunk_prefix(region), _country_code(metadata))
        lengths |= {*national, *local, *(length + len(prefix) for length in national for prefix in prefixes)}
    return frozenset(lengths)


def may_be_of(region: str, digits: str) -> bool:
    """Tell cheaply whether `digits` can be a number of the region, before the library is asked whether they are."""
    pattern, country = _national_pattern(region)
    return any(
        pattern.fullmatch(national) is not None
        for national in (digits, digits.removeprefix(trunk_prefix(region)), digits.removeprefix(country).lstrip("0"))
    )


@cache
def trunk_prefix(region: str) -> str:
    """What stands before a number that is dialled inside the country: "0" in most, "8" in Russia, nothing in Spain."""
    metadata = PhoneMetadata.metadata_for_region(region)
    return (metadata.national_prefix or "") if metadata is not None else ""


@cache
def _national_pattern(region: str) -> tuple[re.Pattern[str], str]:
    metadata = PhoneMetadata.metadata_for_region(region)
    general = _general(metadata)
    pattern = general.national_number_pattern if general is not None else None
    return re.compile(pattern) if pattern else _NOTHING, _country_code(metadata)


def _general(metadata: PhoneMetadata | None) -> PhoneNumberDesc | None:
    return metadata.general_desc if metadata is not None else None


def _lengths(metadata: PhoneMetadata | None) -> frozenset[int]:
    general = _general(metadata)
    return frozenset(general.possible_length if general is not None else ())


def _country_code(metadata: PhoneMetadata | None) -> str:
    return str(metadata.country_code or "") if metadata is not None else ""
