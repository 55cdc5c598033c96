"""A schema registry in memory: the part of the Confluent registry's HTTP API that serializers and our checks use.

Paths, status codes and error codes are those of the Confluent registry (its API reference, and confluent-kafka's own
client). A schema that stands under several subjects has one id, as there.
"""

from __future__ import annotations

import io
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Self

import fastavro
from aiohttp import web
from fastavro.utils import generate_many

_LEVELS = (
    "NONE",
    "BACKWARD",
    "BACKWARD_TRANSITIVE",
    "FORWARD",
    "FORWARD_TRANSITIVE",
    "FULL",
    "FULL_TRANSITIVE",
)
_SAMPLES = 50

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class RegistryError(Exception):
    """An answer of the API that is an error: the HTTP status is the first three digits of `code`."""

    def __init__(self, code: int, message: str) -> None:
        """`code` as the API has it, such as 40401."""
        super().__init__(message)
        self.code = code


@dataclass(slots=True)
class Subject:
    """The versions registered under a name, oldest first, as global schema ids; version 1 is the first."""

    ids: list[int] = field(default_factory=list)


class Schemas:
    """What the registry holds."""

    def __init__(self) -> None:
        """Start empty, at the level that the Confluent registry starts with."""
        self.texts: dict[int, str] = {}
        self.subjects: dict[str, Subject] = {}
        self.level = "BACKWARD"
        self.levels: dict[str, str] = {}

    def register(self, subject: str, text: str) -> int:
        """Add a version unless the subject has it; raises `RegistryError` if the level forbids it."""
        parsed = _parsed(text)
        known = self.subjects.get(subject, Subject())
        schema_id = self._id_of(parsed)
        if schema_id in known.ids:
            return schema_id
        if not self.compatible(subject, text):
            raise RegistryError(40901, f"Schema being registered is incompatible with an earlier one of {subject}")
        self.texts.setdefault(schema_id, text)
        self.subjects.setdefault(subject, known).ids.append(schema_id)
        return schema_id

    def lookup(self, subject: str, text: str) -> int:
        """The version under which a schema is registered; raises `RegistryError` if it is not."""
        ids, schema_id = self.subject(subject).ids, self._id_of(_parsed(text))
        if schema_id not in ids:
            raise RegistryError(40403, "Schema not found")
        return ids.index(schema_id) + 1

    def subject(self, name: str) -> Subject:
        """A subject by name; raises `RegistryError`."""
        if name not in self.subjects:
            raise RegistryError(40401, f"Subject '{name}' not found.")
        return self.subjects[name]

    def version(self, subject: str, version: str) -> dict[str, Any]:
        """One version of a subject by number or `latest`; raises `RegistryError`."""
        ids = self.subject(subject).ids
        if version != "latest" and not (version.isdecimal() and int(version)):
            raise RegistryError(42202, f"The specified version '{version}' is not a valid version id.")
        number = len(ids) if version == "latest" else int(version)
        if number > len(ids):
            raise RegistryError(40402, f"Version {version} not found.")
        schema_id = ids[number - 1]
        return {"subject": subject, "version": number, "id": schema_id, "schema": self.texts[schema_id]}

    def compatible(self, subject: str, text: str, version: str | None = None) -> bool:
        """Whether a new schema keeps the promise of the subject's level towards one version, or all it is owed to."""
        level = self.levels.get(subject, self.level)
        if level == "NONE" or subject not in self.subjects:
            return True
        if version is not None:
            earlier = [self.version(subject, version)["schema"]]
        else:
            ids = self.subjects[subject].ids
            earlier = [self.texts[schema_id] for schema_id in (ids if level.endswith("_TRANSITIVE") else ids[-1:])]
        new = json.loads(text)
        backward, forward = level.startswith(("BACKWARD", "FULL")), level.startswith(("FORWARD", "FULL"))
        return all(
            (not backward or _reads(writer=json.loads(old), reader=new))
            and (not forward or _reads(writer=new, reader=json.loads(old)))
            for old in earlier
        )

    def _id_of(self, parsed: Any) -> int:
        for schema_id, text in self.texts.items():
            if json.loads(text) == parsed:
                return schema_id
        return len(self.texts) + 1


def _parsed(text: str) -> Any:
    try:
        parsed = json.loads(text)
        fastavro.parse_schema(parsed)
    except Exception as refused:
        raise RegistryError(42201, f"Invalid schema: {type(refused).__name__}") from refused
    return parsed


def _reads(*, writer: Any, reader: Any) -> bool:
    """Whether records of one schema resolve to another, tried on made-up records.

    Honest for fields added or removed and for changed types; a shortened enum may slip through.
    """
    try:
        for record in generate_many(writer, _SAMPLES):
            buffer = io.BytesIO()
            fastavro.schemaless_writer(buffer, writer, record)
            buffer.seek(0)
            fastavro.schemaless_reader(buffer, writer, reader)
    except Exception:  # noqa: BLE001 -- whatever fails here, the reader could not read the writer's record
        return False
    return True


class RegistryServer:
    """`async with RegistryServer() as registry:` serves `registry.url` until the block ends."""

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0) -> None:
        """Port 0 takes a free one."""
        self.schemas = Schemas()
        self._address = (host, port)
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        """Start to listen."""
        self._runner = web.AppRunner(self.application(), access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        await web.TCPSite(self._runner, *self._address).start()
        self._address = self._runner.addresses[0][:2]
        return self

    async def __aexit__(self, *_exc: object) -> None:
        """Stop; what was registered is gone."""
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def url(self) -> str:
        """The base URL for clients."""
        host, port = self._address
        return f"http://{host}:{port}"

    def application(self) -> web.Application:
        """The routes."""
        app = web.Application(middlewares=[_errors])
        router = app.router
        router.add_get("/subjects", self._subjects)
        router.add_post("/subjects/{subject}", self._lookup)
        router.add_get("/subjects/{subject}/versions", self._versions)
        router.add_post("/subjects/{subject}/versions", self._register)
        router.add_get("/subjects/{subject}/versions/{version}", self._version)
        router.add_get("/schemas/types", self._types)
        router.add_get("/schemas/ids/{id}", self._schema)
        router.add_get("/schemas/ids/{id}/versions", self._schema_versions)
        router.add_get("/config", self._level)
        router.add_put("/config", self._set_level)
        router.add_get("/config/{subject}", self._level)
        router.add_put("/config/{subject}", self._set_level)
        router.add_post("/compatibility/subjects/{subject}/versions", self._compatible)
        router.add_post("/compatibility/subjects/{subject}/versions/{version}", self._compatible)
        return app

    async def _subjects(self, _request: web.Request) -> web.Response:
        return web.json_response(sorted(self.schemas.subjects))

    async def _types(self, _request: web.Request) -> web.Response:
        return web.json_response(["AVRO"])

    async def _register(self, request: web.Request) -> web.Response:
        text = await _schema_in(request)
        return web.json_response({"id": self.schemas.register(request.match_info["subject"], text)})

    async def _lookup(self, request: web.Request) -> web.Response:
        subject, text = request.match_info["subject"], await _schema_in(request)
        version = self.schemas.lookup(subject, text)
        return web.json_response(self.schemas.version(subject, str(version)))

    async def _versions(self, request: web.Request) -> web.Response:
        count = len(self.schemas.subject(request.match_info["subject"]).ids)
        return web.json_response(list(range(1, count + 1)))

    async def _version(self, request: web.Request) -> web.Response:
        return web.json_response(self.schemas.version(request.match_info["subject"], request.match_info["version"]))

    async def _schema(self, request: web.Request) -> web.Response:
        schema_id = self._known_id(request)
        return web.json_response({"schema": self.schemas.texts[schema_id]})

    async def _schema_versions(self, request: web.Request) -> web.Response:
        schema_id = self._known_id(request)
        return web.json_response(
            [
                {"subject": name, "version": subject.ids.index(schema_id) + 1}
                for name, subject in self.schemas.subjects.items()
                if schema_id in subject.ids
            ]
        )

    def _known_id(self, request: web.Request) -> int:
        wanted = request.match_info["id"]
        if not wanted.isdecimal() or int(wanted) not in self.schemas.texts:
            raise RegistryError(40403, f"Schema {wanted} not found")
        return int(wanted)

    async def _level(self, request: web.Request) -> web.Response:
        subject = request.match_info.get("subject")
        level = self.schemas.level if subject is None else self.schemas.levels.get(subject)
        if level is None and request.query.get("defaultToGlobal") == "true":
            level = self.schemas.level
        if level is None:
            raise RegistryError(40408, f"Subject '{subject}' does not have subject-level compatibility configured")
        return web.json_response({"compatibilityLevel": level})

    async def _set_level(self, request: web.Request) -> web.Response:
        level = str((await _body(request)).get("compatibility"))
        if level not in _LEVELS:
            raise RegistryError(42203, "Invalid compatibility level. Valid values are " + ", ".join(_LEVELS))
        subject = request.match_info.get("subject")
        if subject is None:
            self.schemas.level = level
        else:
            self.schemas.levels[subject] = level
        return web.json_response({"compatibility": level})

    async def _compatible(self, request: web.Request) -> web.Response:
        subject, text = request.match_info["subject"], await _schema_in(request)
        self.schemas.subject(subject)
        _parsed(text)
        is_compatible = self.schemas.compatible(subject, text, request.match_info.get("version"))
        return web.json_response({"is_compatible": is_compatible})


async def _body(request: web.Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.read())
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise RegistryError(42201, "The body must be a JSON object.")
    return body


async def _schema_in(request: web.Request) -> str:
    body = await _body(request)
    text = body.get("schema")
    if body.get("schemaType", "AVRO") != "AVRO" or not isinstance(text, str):
        raise RegistryError(42201, "Only Avro schemas are taken, as text under 'schema'.")
    return text


@web.middleware
async def _errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except RegistryError as refused:
        body = {"error_code": refused.code, "message": str(refused)}
        return web.json_response(body, status=refused.code // 100)
    except web.HTTPException as unknown:
        return web.json_response({"error_code": unknown.status, "message": unknown.reason}, status=unknown.status)
