"""Writer schemas are data from outside: made safe before any body is read with them."""

from __future__ import annotations

from typing import Any, Final

import fastavro

from schemas.avro.framing import undecodable

_PRIMITIVES: Final = frozenset({"null", "boolean", "int", "long", "float", "double", "bytes", "string"})
_MAX_DEPTH: Final = 100


class ParsedSchema:
    """A schema that fastavro can read with, and that no body can turn into a crash.

    `parsed` is fastavro's form, `raw` the schema without logical types.
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


class _Hazards:
    """Looks for the two shapes whose bodies a few bytes can blow up.

    A type that contains itself nests as deep as the body says, and fastavro's compiled reader recurses on the C stack:
    20 kB of 0x02 killed the process (measured). An array of items that take no bytes may claim 2**63 of them.
    """

    def __init__(self, parsed: dict[str, Any]) -> None:
        self._parsed = parsed
        self._named: dict[str, Any] = parsed.get("__named_schemas", {})
        self._open: set[str] = set()
        self._takes_bytes: dict[str, bool] = {}

    def found(self) -> str | None:
        try:
            self._visit(self._parsed)
        except _HazardError as hazard:
            return str(hazard)
        return None

    def _visit(self, schema: Any) -> bool:
        """Walk the type; return whether each value of it takes at least one byte."""
        if isinstance(schema, list):
            for branch in schema:
                self._visit(branch)
            return True
        kind = schema if isinstance(schema, str) else schema["type"]
        if kind in _PRIMITIVES:
            return bool(kind != "null")
        if kind == "array":
            if not self._visit(schema["items"]):
                raise _HazardError("has an array whose items take no bytes; their number could not be bounded")
            return True
        if kind == "map":
            self._visit(schema["values"])
            return True
        return self._visit_named(kind if isinstance(schema, str) else schema["name"], schema)

    def _visit_named(self, name: str, schema: Any) -> bool:
        if name in self._open:
            raise _HazardError(f"is recursive in {name}; its nesting could not be bounded")
        if name not in self._takes_bytes:
            definition = self._named.get(name, schema)
            if definition["type"] == "enum":
                takes_bytes = True
            elif definition["type"] == "fixed":
                takes_bytes = definition["size"] > 0
            else:
                self._open.add(name)
                takes_bytes = sum(self._visit(field["type"]) for field in definition["fields"]) > 0
                self._open.remove(name)
            self._takes_bytes[name] = takes_bytes
        return self._takes_bytes[name]


class _HazardError(Exception):
    """The schema has a hazardous shape; the message says which."""
