"""A schema, of Avro or of Connect's JSON, compiled into what it does to the values that were written with it."""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Callable, Mapping
from typing import Any, Final

from schemas.connect.semantics import Meaning, meaning, variable_decimal

_MAX_DEPTH: Final = 100
_PYTHON_TYPES: Final[dict[str, type | tuple[type, ...]]] = {
    "record": dict,
    "map": dict,
    "array": list,
    "string": str,
    "enum": str,
    "bytes": bytes,
    "fixed": bytes,
    "boolean": bool,
    "int": int,
    "long": int,
    "float": float,
    "double": float,
}


def of_avro(schema: Any) -> Meaning:
    """Compile an Avro schema whose names are whole (fastavro's parsed form). Raises ValueError if it nests too deeply.

    Recursive schemas must have been refused before; `ParsedSchema` does.
    """
    return _AvroShapes().compiled(schema, 0)


def of_connect_json(schema: Any) -> Meaning:
    """Compile the `schema` that JsonConverter writes beside the `payload`. Raises ValueError if it nests too deeply.

    What is no such schema leaves its values as they are.
    """
    return _connect_json(schema, 0)


def same(value: Any) -> Any:
    """Return the value as it is, except for numbers that JSON has no word for."""
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


class _AvroShapes:
    def __init__(self) -> None:
        self._named: dict[str, Meaning] = {}

    def compiled(self, schema: Any, depth: int) -> Meaning:
        if depth > _MAX_DEPTH:
            raise ValueError("nested too deeply")
        if isinstance(schema, list):
            return self._union(schema, depth)
        if isinstance(schema, str):
            return self._named.get(schema, same)
        kind = schema.get("type")
        if isinstance(kind, dict | list):
            return self.compiled(kind, depth + 1)
        shape = self._plain(schema, kind, depth)
        name = schema.get("connect.name") or schema.get("logicalType")
        told = (
            meaning(name, {**_mapping(schema.get("connect.parameters")), **schema}) if isinstance(name, str) else None
        )
        whole = shape if told is None else _then(shape, told)
        if isinstance(schema.get("name"), str):
            self._named[schema["name"]] = whole
        return whole

    def _plain(self, schema: Mapping[str, Any], kind: Any, depth: int) -> Meaning:
        if kind == "record":
            return _record({field["name"]: self.compiled(field["type"], depth + 1) for field in schema["fields"]})
        if kind == "array":
            return _array(self.compiled(schema["items"], depth + 1))
        if kind == "map":
            return _map(self.compiled(schema["values"], depth + 1))
        return same

    def _union(self, branches: list[Any], depth: int) -> Meaning:
        shapes = [(_python_type(branch), self.compiled(branch, depth + 1)) for branch in branches if branch != "null"]
        if len(shapes) == 1:
            return _nullable(shapes[0][1])

        def told(value: Any) -> Any:
            # Which branch was written is not told; the first whose values look like this one is as good as any.
            return next((shape(value) for kind, shape in shapes if isinstance(value, kind)), value)

        return told


def _connect_json(schema: Any, depth: int) -> Meaning:
    if depth > _MAX_DEPTH:
        raise ValueError("nested too deeply")
    if not isinstance(schema, Mapping):
        return same
    shape = _connect_plain(schema, depth)
    name = schema.get("name")
    told = meaning(name, _mapping(schema.get("parameters"))) if isinstance(name, str) else None
    return _nullable(shape if told is None else _then(shape, told))


def _connect_plain(schema: Mapping[str, Any], depth: int) -> Meaning:
    kind, fields = schema.get("type"), schema.get("fields")
    if kind == "struct" and isinstance(fields, list):
        named = [field for field in fields if isinstance(field, Mapping) and isinstance(field.get("field"), str)]
        return _record({field["field"]: _connect_json(field, depth + 1) for field in named})
    if kind == "array":
        return _array(_connect_json(schema.get("items"), depth + 1))
    if kind == "map":
        return _map(_connect_json(schema.get("values"), depth + 1))
    return from_base64 if kind == "bytes" else same


def from_base64(value: Any) -> Any:
    """Return the bytes of what JsonConverter writes for bytes; anything else as it is."""
    if not isinstance(value, str):
        return value
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return value


def told_by_name(type_name: str, value: Any) -> Any:
    """Return the value that is meant, where JSON without a schema carries one of the named type.

    `type_name` is a name as `meaning` takes it, with a scale behind a colon where there is one
    ("org.apache.kafka.connect.data.Decimal:2").
    """
    name, _, scale = type_name.partition(":")
    told = meaning(name, {"scale": scale})
    if told is None:
        return value
    if isinstance(value, str) and (scale or name == "io.debezium.data.Bits"):
        value = from_base64(value)
    return told(value)


def decimal_by_shape(value: Any) -> Any:
    """Return the decimal that {"scale": 3, "value": "+x4="} stands for: nothing else in a row looks like it."""
    if isinstance(value, Mapping) and value.keys() == {"scale", "value"} and isinstance(value["value"], str):
        return variable_decimal({"scale": value["scale"], "value": from_base64(value["value"])})
    return value


def _record(fields: Mapping[str, Meaning]) -> Meaning:
    def told(value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        return {name: fields[name](item) if name in fields else item for name, item in value.items()}

    return told


def _array(items: Meaning) -> Meaning:
    return lambda value: [items(item) for item in value] if isinstance(value, list) else value


def _map(values: Meaning) -> Meaning:
    return lambda value: {k: values(v) for k, v in value.items()} if isinstance(value, Mapping) else value


def _nullable(shape: Meaning) -> Meaning:
    return lambda value: None if value is None else shape(value)


def _then(first: Meaning, second: Meaning) -> Callable[[Any], Any]:
    return lambda value: second(first(value))


def _python_type(branch: Any) -> type | tuple[type, ...]:
    kind = branch.get("type") if isinstance(branch, Mapping) else branch
    # A name stands for a record, an enumeration or a fixed.
    return _PYTHON_TYPES.get(kind, (dict, str, bytes)) if isinstance(kind, str) else object


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
