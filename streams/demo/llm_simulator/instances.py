"""A smallest valid instance of a strict JSON schema, for kinds of which the simulator knows nothing."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_FILLER = "simulated"
# A schema may refer to itself; deeper than this the instance stops following and takes what ends soonest.
_MAX_DEPTH = 12


def smallest_instance(schema: Mapping[str, Any]) -> Any:
    """Build a smallest value that `schema` accepts.

    Covers what providers allow in a strict schema: objects with closed properties, arrays, enums, constants,
    `anyOf`, `$ref` into `$defs`, and the bounds on strings, numbers and arrays. Patterns and formats are not
    followed.
    """
    return _instance(schema, schema, 0)


def _instance(schema: Mapping[str, Any], root: Mapping[str, Any], depth: int) -> Any:
    if "$ref" in schema:
        return _instance(_resolved(schema["$ref"], root), root, depth + 1)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    for combined in ("anyOf", "oneOf", "allOf"):
        if combined in schema:
            return _instance(_simplest(schema[combined], depth), root, depth + 1)
    kinds = schema.get("type", "object" if "properties" in schema else "null")
    kind = kinds[0] if isinstance(kinds, list) else kinds
    if isinstance(kinds, list) and depth > _MAX_DEPTH and "null" in kinds:
        kind = "null"
    return _of_type(kind, schema, root, depth)


def _of_type(kind: str, schema: Mapping[str, Any], root: Mapping[str, Any], depth: int) -> Any:
    if kind == "object":
        properties = schema.get("properties", {})
        required = schema.get("required", ())
        return {name: _instance(properties[name], root, depth + 1) for name in required if name in properties}
    if kind == "array":
        return [_instance(schema.get("items", {}), root, depth + 1) for _ in range(schema.get("minItems", 0))]
    scalars = {"string": _string, "integer": _integer, "number": _number, "boolean": _false}
    return scalars[kind](schema) if kind in scalars else None


def _false(_schema: Mapping[str, Any]) -> bool:
    return False


def _integer(schema: Mapping[str, Any]) -> int:
    low, high = schema.get("minimum"), schema.get("maximum")
    if "exclusiveMinimum" in schema:
        low = math.floor(schema["exclusiveMinimum"]) + 1
    if "exclusiveMaximum" in schema:
        high = math.ceil(schema["exclusiveMaximum"]) - 1
    return math.ceil(_clamped(0, low, high))


def _number(schema: Mapping[str, Any]) -> float:
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    low: float | None = schema.get("minimum", above)
    high: float | None = schema.get("maximum", below)
    value = _clamped(0, low, high)
    if value not in {above, below}:
        return value
    # On an excluded end: half way to the other one, or one step inside.
    if low is not None and high is not None:
        return (low + high) / 2
    return value + 1 if value == above else value - 1


def _clamped(value: float, low: float | None, high: float | None) -> float:
    raised = value if low is None else max(value, low)
    return raised if high is None else min(raised, high)


def _string(schema: Mapping[str, Any]) -> str:
    shortest = schema.get("minLength", 0)
    text = _FILLER.ljust(shortest, ".")
    longest = schema.get("maxLength")
    return text if longest is None else text[:longest]


def _simplest(options: list[Mapping[str, Any]], depth: int) -> Mapping[str, Any]:
    """Take the first option, except far down, where null ends a schema that refers to itself."""
    if depth > _MAX_DEPTH:
        return next((option for option in options if option.get("type") == "null"), options[0])
    return options[0]


def _resolved(reference: str, root: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow a reference inside the same document, such as `#/$defs/Quote`."""
    node: Any = root
    for part in reference.removeprefix("#").strip("/").split("/"):
        if part:
            node = node[part.replace("~1", "/").replace("~0", "~")]
    resolved: Mapping[str, Any] = node
    return resolved
