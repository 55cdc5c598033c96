"""Collect what the user wrote, in the environment and in insights.toml, before anything is judged.

The environment wins over the file. Secrets may stand in files of their own. An empty variable counts as not set,
because compose files and .env templates leave many of them empty.
"""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

from pydantic_settings import EnvSettingsSource

from streams.errors import Mistake
from streams.settings.catalogue import CONFIG_VARIABLE, FILE_SUFFIX, Path, Setting, by_path, catalogue, groups
from streams.settings.model import DELIMITER, PREFIX, Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MAX_SECRET_FILE_BYTES = 1_000_000
"""A secret is short; without the bound a mistaken path to a device or a dump would be read whole."""

# CRM_INSIGHT_, CRMINSIGHTS_, CRM-INSIGHTS_: nobody else's variables begin like that.
_NEAR_PREFIX = re.compile(r"CRM[_-]?INSIGHTS?_+", re.IGNORECASE)
_TEST_PREFIX = PREFIX + "TEST_"
_KUBERNETES_NAME = re.compile(PREFIX + r"(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_\w+)?)")
_KUBERNETES_LINK = re.compile(r"(tcp|udp|sctp)://")


@dataclass(slots=True)
class Gathered:
    """What was written: raw values by path, where each one stands, and what is wrong so far.

    `refused` holds the paths that were given but could not be taken, so that they are not reported as missing too.
    """

    values: dict[Path, Any] = field(default_factory=dict)
    names: dict[Path, str] = field(default_factory=dict)
    refused: set[Path] = field(default_factory=set)
    mistakes: list[Mistake] = field(default_factory=list)

    def take(self, path: Path, value: Any, name: str) -> None:
        """Note a value and the name under which it was given."""
        self.values[path] = value
        self.names[path] = name

    def refuse(self, path: Path, mistake: Mistake) -> None:
        """Note that the setting at `path` was given wrongly."""
        self.drop(path)
        self.mistakes.append(mistake)

    def drop(self, path: Path) -> None:
        """Leave the setting at `path` at its default, knowing that it was given."""
        self.values.pop(path, None)
        self.refused.add(path)

    def tree(self) -> dict[str, Any]:
        """The values as the nested dictionary that the model reads."""
        tree: dict[str, Any] = {}
        for path, value in self.values.items():
            branch = tree
            for step in path[:-1]:
                branch = branch.setdefault(step, {})
            branch[path[-1]] = value
        return tree


def gather(environ: Mapping[str, str]) -> Gathered:
    """Read the file that CRM_INSIGHTS_CONFIG names, if any, then `environ` over it."""
    gathered = Gathered()
    if config := environ.get(CONFIG_VARIABLE, "").strip():
        _read_file(FilePath(config), gathered)
    _read_environment(environ, gathered)
    return gathered


def _read_environment(environ: Mapping[str, str], gathered: Gathered) -> None:
    ours = {name: value.strip() for name, value in environ.items() if _is_ours(name, value, environ)}
    given: dict[str, str] = {}
    for setting in catalogue():
        value = ours.pop(setting.variable, "")
        file_name = ours.pop(setting.variable + FILE_SUFFIX, "") if setting.secret else ""
        if value and file_name:
            gathered.refuse(setting.path, _given_twice(setting.variable, setting.variable + FILE_SUFFIX))
            continue
        if file_name:
            value = _secret_from_file(setting, file_name, setting.variable + FILE_SUFFIX, gathered)
        if value and _is_readable(setting, value, gathered):
            given[setting.variable.lower()] = value
            # The environment's word replaces the file's, mistaken or not.
            gathered.refused.discard(setting.path)
            gathered.names[setting.path] = setting.variable
    # Decoding by a field's type (JSON for lists and objects, plain text for the rest) is the library's.
    source = EnvSettingsSource(Settings)
    source.env_vars = given
    tree = source()
    for setting in catalogue():
        if setting.variable.lower() in given:
            gathered.take(setting.path, _value_in(tree, setting.path), setting.variable)
    known = _known_variables()
    for name in sorted(ours):
        gathered.mistakes.append(_unknown(name, PREFIX, known, _group_of_variable(name)))
    for name in sorted(environ):
        if (near := _NEAR_PREFIX.match(name)) and not name.upper().startswith(PREFIX):
            meant = PREFIX + name[near.end() :]
            gathered.mistakes.append(Mistake(name, "is no setting.", f"Did you mean {meant}?"))


def _is_ours(name: str, value: str, environ: Mapping[str, str]) -> bool:
    if not name.upper().startswith(PREFIX) or name == CONFIG_VARIABLE or name.startswith(_TEST_PREFIX):
        return False
    if "KUBERNETES_SERVICE_HOST" in environ:
        # A Service named crm-insights makes Kubernetes put CRM_INSIGHTS_PORT=tcp://... and its like into every
        # container of the namespace (enableServiceLinks); refusing them would keep the worker from starting.
        return not (_KUBERNETES_NAME.fullmatch(name) or _KUBERNETES_LINK.match(value))
    return True


def _is_readable(setting: Setting, value: str, gathered: Gathered) -> bool:
    if not setting.structured:
        return True
    try:
        json.loads(value)
    except (ValueError, RecursionError) as error:
        problem = f"is not valid JSON{_place(error)}."
        gathered.refuse(setting.path, Mistake(setting.variable, problem, f"Write it like {setting.example}."))
        return False
    return True


def _secret_from_file(setting: Setting, file_name: str, name: str, gathered: Gathered) -> str:
    try:
        with FilePath(file_name).open("rb") as file:
            data = file.read(MAX_SECRET_FILE_BYTES + 1)
        text = data.decode("utf-8").strip()
    except OSError as error:
        problem = f"names {file_name}, which cannot be read ({error.strerror or type(error).__name__})."
    except UnicodeDecodeError:
        problem = f"names {file_name}, which is not UTF-8 text."
    except ValueError:
        problem = "names a path with a NUL character in it."
    else:
        if text and len(data) <= MAX_SECRET_FILE_BYTES:
            return text
        problem = f"names {file_name}, which is empty." if not text else f"names {file_name}, which is over 1 MB."
    gathered.refuse(setting.path, Mistake(name, problem, "Correct the path or the file."))
    return ""


def _read_file(file: FilePath, gathered: Gathered) -> None:
    try:
        tables = tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        problem = f"names {file}, which cannot be read ({error.strerror or type(error).__name__})."
    except UnicodeDecodeError:
        problem = f"names {file}, which is not UTF-8 text."
    except tomllib.TOMLDecodeError as error:
        problem = f"names {file}, which is not valid TOML ({error})."
    else:
        _read_tables(tables, (), file, gathered)
        return
    gathered.mistakes.append(Mistake(CONFIG_VARIABLE, problem, "Correct the path or the file."))


def _read_tables(table: Mapping[str, Any], above: Path, file: FilePath, gathered: Gathered) -> None:
    for key, value in table.items():
        path = (*above, key)
        place = f"{'.'.join(path)} in {file}"
        setting = by_path().get(path)
        secret = by_path().get((*above, key.removesuffix(FILE_SUFFIX.lower())))
        if setting is not None:
            gathered.take(path, value, place)
        elif path in groups():
            if isinstance(value, dict):
                _read_tables(value, path, file, gathered)
            else:
                gathered.mistakes.append(Mistake(place, "must be a table.", f"Write [{'.'.join(path)}] above it."))
        elif secret is not None and secret.secret and isinstance(value, str):
            _take_secret_named_in_file(secret, table, value, place, gathered)
        else:
            gathered.mistakes.append(_unknown_place(path, file))


def _take_secret_named_in_file(
    setting: Setting, table: Mapping[str, Any], file_name: str, place: str, gathered: Gathered
) -> None:
    if setting.path[-1] in table:
        gathered.refuse(setting.path, _given_twice(place, setting.place))
        return
    text = _secret_from_file(setting, file_name, place, gathered)
    if text and setting.structured:
        try:
            gathered.take(setting.path, json.loads(text), place)
        except (ValueError, RecursionError) as error:
            problem = f"names a file that is not valid JSON{_place(error)}."
            gathered.refuse(setting.path, Mistake(place, problem, f"Write it like {setting.example}."))
    elif text:
        gathered.take(setting.path, text, place)


def _place(error: Exception) -> str:
    """Only the position: the error's own text is safe today, but it carries the document.

    A number of thousands of digits and brackets of thousands of levels raise other errors, which have none.
    """
    return f" (line {error.lineno}, column {error.colno})" if isinstance(error, json.JSONDecodeError) else ""


def _value_in(tree: Mapping[str, Any], path: Path) -> Any:
    value: Any = tree
    for step in path:
        value = value[step]
    return value


def _given_twice(name: str, other: str) -> Mistake:
    return Mistake(name, f"is given, and {other} too.", "Keep one of them.")


def _known_variables() -> tuple[str, ...]:
    settings = catalogue()
    files = (setting.variable + FILE_SUFFIX for setting in settings if setting.secret)
    return (CONFIG_VARIABLE, *(setting.variable for setting in settings), *files)


def _group_of_variable(name: str) -> Path | None:
    path = tuple(name.removeprefix(PREFIX).lower().split(DELIMITER))
    return path if path in groups() else None


def _unknown(name: str, prefix: str, known: Iterable[str], group: Path | None) -> Mistake:
    if group is not None:
        inside = ", ".join(s.variable for s in catalogue() if s.path[: len(group)] == group)
        return Mistake(name, "is a group of settings and no setting itself.", f"In it: {inside}.")
    nearest = _nearest(name, prefix, known)
    remedy = f"Did you mean {nearest}?" if nearest else "`crm-insights config show` lists all of them."
    return Mistake(name, "is no setting.", remedy)


def _unknown_place(path: Path, file: FilePath) -> Mistake:
    places = [setting.place for setting in catalogue()]
    places += [setting.place + FILE_SUFFIX.lower() for setting in catalogue() if setting.secret]
    places += [".".join(group) for group in groups()]
    nearest = _nearest(".".join(path), "", places)
    remedy = f"Did you mean {nearest}?" if nearest else "docs/settings.md lists all of them."
    return Mistake(f"{'.'.join(path)} in {file}", "is no setting.", remedy)


def _nearest(name: str, prefix: str, known: Iterable[str]) -> str | None:
    # The common prefix is left out of the comparison: it would make any two names alike.
    by_rest = {candidate.removeprefix(prefix).upper(): candidate for candidate in known}
    found = difflib.get_close_matches(name.upper().removeprefix(prefix), by_rest, n=1, cutoff=0.7)
    return by_rest[found[0]] if found else None
