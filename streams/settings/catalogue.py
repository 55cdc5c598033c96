"""The settings as a flat list: what the reader of the environment, the documentation and `config show` walk over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, get_args, get_origin

from pydantic import BaseModel, SecretStr

from streams.settings.model import DELIMITER, PREFIX, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic.fields import FieldInfo

Path = tuple[str, ...]
"""The steps to a setting, such as ("llm", "model")."""

CONFIG_VARIABLE = PREFIX + "CONFIG"
FILE_SUFFIX = "_FILE"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting.

    `secret` is true where a value must never be shown; such a setting may also be given as the name of a file.
    `structured` is true where the environment holds JSON and the file a table or a list.
    """

    path: Path
    meaning: str
    default: Any
    secret: bool
    structured: bool
    example: str

    @property
    def variable(self) -> str:
        """The full name in the environment."""
        return PREFIX + DELIMITER.join(self.path).upper()

    @property
    def place(self) -> str:
        """The place in insights.toml, with dots."""
        return ".".join(self.path)

    @property
    def default_text(self) -> str:
        """The default as one would write it; empty if there is none."""
        if isinstance(self.default, SecretStr) or self.default is None:
            return ""
        if isinstance(self.default, bool):
            return str(self.default).lower()
        if isinstance(self.default, frozenset | tuple | Mapping):
            return "{}" if isinstance(self.default, Mapping) else "[]"
        return self.default.as_posix() if isinstance(self.default, PurePath) else f"{self.default}"


@cache
def catalogue() -> tuple[Setting, ...]:
    """Every setting, in the order of the model."""
    return tuple(_walk(Settings, ()))


@cache
def groups() -> frozenset[Path]:
    """The paths of the sections, which hold settings and are none themselves."""
    return frozenset(setting.path[:depth] for setting in catalogue() for depth in range(1, len(setting.path)))


@cache
def by_path() -> Mapping[Path, Setting]:
    """The catalogue by path."""
    return {setting.path: setting for setting in catalogue()}


def value_at(settings: Settings, path: Path) -> Any:
    """The value of the setting at `path`."""
    value: Any = settings
    for step in path:
        value = getattr(value, step)
    return value


def _walk(model: type[BaseModel], above: Path) -> Iterator[Setting]:
    for name, field in model.model_fields.items():
        annotation = field.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield from _walk(annotation, (*above, name))
        else:
            yield _setting((*above, name), field)


def _setting(path: Path, field: FieldInfo) -> Setting:
    return Setting(
        path=path,
        meaning=field.description or "",
        default=field.get_default(call_default_factory=True),
        secret=SecretStr in set(_leaves(field.annotation)),
        structured=get_origin(field.annotation) in {Mapping, frozenset, tuple},
        example=str(field.examples[0]) if field.examples else "",
    )


def _leaves(annotation: Any) -> Iterator[Any]:
    arguments = get_args(annotation)
    if not arguments:
        yield annotation
    for argument in arguments:
        yield from _leaves(argument)
