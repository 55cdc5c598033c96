"""Writer schemas are data from outside: made safe before any body is read with them."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import fastavro

from schemas.avro.framing import undecodable

_PRIMITIVES: Final = frozenset({"null", "boolean", "int", "long", "float", "double", "bytes", "string"})
_MAX_DEPTH: Final = 100
# Values of one record that no byte stands for. No source has a column that is always null; a megabyte of records with
# a hundred such would be gigabytes.
_MAX_FREE: Final = 100


class ParsedSchema:
    """A schema that fastavro can read with, and that no body can turn into a crash.

    `parsed` is fastavro's form, `raw` the schema without logical types, `name` the record's full name.
    """

    def __init__(self, schema: dict[str, Any], *, whose: str) -> None:
        """Parse `schema`. Raises DataFault(UNDECODABLE), naming `whose` schema it is, if it cannot be used safely."""
        try:
            self.raw: dict[str, Any] = without_logical_types(schema)
            self.parsed = fastavro.parse_schema(self.raw)
        except Exception as error:  # noqa: BLE001
            # fastavro raises its own and any built-in exception on schemas that make no sense; all mean the same.
            raise undecodable(f"{whose} cannot be parsed ({type(error).__name__})") from None
        if not isinstance(self.parsed, dict) or self.parsed.get("type") != "record":
            raise undecodable(f"{whose} is not a record")
        self.name = str(self.parsed["name"])
        hazard = _Hazards(self.parsed).found()
        if hazard:
            raise undecodable(f"{whose} {hazard}")


def without_logical_types(schema: Any, depth: int = 0) -> Any:
    """Return the schema with every `logicalType` removed, so that values come as the plain numbers and bytes they are.

    With them, one date in year 10000 or one infinite timestamp (PostgreSQL has both) raises in the middle of a body.
    """
    if depth > _MAX_DEPTH:
        raise ValueError("nested too deeply")
    if isinstance(schema, list):
        return [without_logical_types(branch, depth + 1) for branch in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {name: value for name, value in schema.items() if name != "logicalType"}
    for name in ("type", "items", "values"):
        if name in plain:
            plain[name] = without_logical_types(plain[name], depth + 1)
    if isinstance(plain.get("fields"), list):
        plain["fields"] = [
            {**field, "type": without_logical_types(field["type"], depth + 1)} for field in plain["fields"]
        ]
    return plain


class _Shape(NamedTuple):
    """What the values of a type are at least: whether they take bytes, how deep they nest, and what comes for nothing.

    `free` counts the values within one that no byte of the body stands for: nulls, and records of nothing but them.
    """

    takes_bytes: bool
    free: int = 0
    depth: int = 0


class _Hazards:
    """Looks for the shapes whose bodies a few bytes can blow up.

    A type that contains itself nests as deep as the body says, and fastavro's compiled reader recurses on the C stack:
    20 kB of 0x02 killed the process (measured); so does a chain of types, each of which has the one before as a field.
    An array of items that take no bytes may claim 2**63 of them. And types that double, each with the one before as two
    of its fields, are 2**24 values in 24 short lines: a body of no bytes took 44 s and gigabytes (measured).
    """

    def __init__(self, parsed: dict[str, Any]) -> None:
        self._parsed = parsed
        self._named: dict[str, Any] = parsed.get("__named_schemas", {})
        self._open: set[str] = set()
        self._shapes: dict[str, _Shape] = {}

    def found(self) -> str | None:
        try:
            self._visit(self._parsed)
        except _HazardError as hazard:
            return str(hazard)
        return None

    def _visit(self, schema: Any) -> _Shape:
        """Walk the type; return its shape."""
        if isinstance(schema, list):
            # A branch is chosen by a byte, and what then comes for nothing is bounded for each record by itself.
            return _Shape(takes_bytes=True, depth=1 + max((self._visit(branch).depth for branch in schema), default=0))
        kind = schema if isinstance(schema, str) else schema["type"]
        if kind in _PRIMITIVES:
            return _Shape(takes_bytes=False, free=1) if kind == "null" else _Shape(takes_bytes=True)
        if kind == "array":
            items = self._visit(schema["items"])
            if not items.takes_bytes:
                raise _HazardError("has an array whose items take no bytes; their number could not be bounded")
            return _Shape(takes_bytes=True, depth=1 + items.depth)
        if kind == "map":
            return _Shape(takes_bytes=True, depth=1 + self._visit(schema["values"]).depth)
        return self._visit_named(kind if isinstance(schema, str) else schema["name"], schema)

    def _visit_named(self, name: str, schema: Any) -> _Shape:
        if name in self._open:
            raise _HazardError(f"is recursive in {name}; its nesting could not be bounded")
        if name not in self._shapes:
            definition = self._named.get(name, schema)
            if definition["type"] == "enum":
                shape = _Shape(takes_bytes=True)
            elif definition["type"] == "fixed":
                takes_bytes = definition["size"] > 0
                shape = _Shape(takes_bytes, free=0 if takes_bytes else 1)
            else:
                self._open.add(name)
                shape = self._record(name, [self._visit(field["type"]) for field in definition["fields"]])
                self._open.remove(name)
            self._shapes[name] = shape
        return self._shapes[name]

    def _record(self, name: str, fields: list[_Shape]) -> _Shape:
        takes_bytes = any(field.takes_bytes for field in fields)
        # A field that takes bytes was judged by itself: what it has for nothing comes once for each of its bytes.
        free = 1 + sum(field.free for field in fields if not field.takes_bytes)
        depth = 1 + max((field.depth for field in fields), default=0)
        if free > _MAX_FREE:
            raise _HazardError(f"has {free:,} values that take no bytes in one {name}; a body could not bound them")
        if depth > _MAX_DEPTH:
            raise _HazardError(f"nests {depth} types deep in {name}; a body could overflow the stack")
        return _Shape(takes_bytes, free, depth)


class _HazardError(Exception):
    """The schema has a hazardous shape; the message says which."""
