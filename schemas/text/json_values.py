"""JSON from outside, read without losing a digit, and its values as text."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NoReturn

from schemas.avro.framing import undecodable

if TYPE_CHECKING:
    from schemas.errors import DataFault


def read_json(data: bytes) -> Any:
    r"""Return the JSON value of UTF-8 bytes; fractions come as Decimal, so that 125000.50 keeps its last digit.

    Lone surrogates ("\ud83d") pass; `clean_text` takes them later. Raises DataFault(UNDECODABLE) with the place, and
    without a word of the text.
    """
    try:
        return json.loads(data.decode("utf-8-sig"), parse_float=Decimal, parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise undecodable(f"the JSON is not UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        raise undecodable(f"no JSON: {error.msg} at character {error.pos} of {len(data)} bytes") from None
    except RecursionError:
        raise _nested_too_deeply() from None
    except (ValueError, ArithmeticError):
        # Python refuses to turn more than 4300 digits into one int, NaN is no JSON, and a Decimal holds no exponent of
        # more than 18 digits: 1e999999999999999999999 raises InvalidOperation, which is no ValueError.
        raise undecodable("the JSON holds a number that cannot be read") from None


def scalar_text(value: Any) -> str | None:
    """Return a string, number or boolean as the text that it has in JSON; None for null, objects and arrays."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Decimal):
        return format(value, "f") if abs(value.adjusted()) <= _PLAIN_DIGITS else str(value)
    if isinstance(value, float):
        return repr(value)
    return None


def json_text(value: Any) -> str:
    """Return any JSON value as compact JSON text, fractions in quotes to keep their digits.

    Raises DataFault(UNDECODABLE) where a value is nested too deeply: writing starts deeper in the stack than reading
    did, so a few depths can be read that cannot be written (978 to 982 of 1000, measured).
    """
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    except RecursionError:
        raise _nested_too_deeply() from None


# Decimal("1E+400000") in plain digits would be 400 kB of zeros out of nine characters.
_PLAIN_DIGITS = 40


def _nested_too_deeply() -> DataFault:
    return undecodable("the JSON is nested too deeply")


def _refuse_constant(_: str) -> NoReturn:
    raise ValueError
