"""The settings as people read them: the lines of `config show` and the tables of docs/settings.md."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from streams.settings.catalogue import CONFIG_VARIABLE, FILE_SUFFIX, Path, Setting, catalogue, value_at
from streams.settings.entries import (
    JoinSettings,
    MappingSettings,
    ModelSettings,
    PriceChangeSettings,
    PrivacyRuleSettings,
    TenantBudgetSettings,
)
from streams.settings.model import Settings
from streams.settings.rules import COMMAND_NEEDS, REQUIRED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic.fields import FieldInfo

    from streams.settings.section import Section

MASK = "********"


@dataclass(frozen=True, slots=True)
class ShownSetting:
    """One line of `config show`: `value` is plain data for JSON, masked if secret; `source` where it was set."""

    variable: str
    value: Any
    source: str

    @property
    def text(self) -> str:
        """The value as a person reads it; empty if it is not set."""
        if self.value is None or self.value == "":
            return ""
        return self.value if isinstance(self.value, str) else json.dumps(self.value, ensure_ascii=False)


def shown_settings(settings: Settings, names: Mapping[Path, str]) -> tuple[ShownSetting, ...]:
    """Every setting with its value; `names` says where those were given that are not at their default."""
    return tuple(
        ShownSetting(setting.variable, _plain(setting, value_at(settings, setting.path)), _source(setting, names))
        for setting in catalogue()
    )


def markdown() -> str:
    """The whole of docs/settings.md."""
    return "\n".join(_page())


def _source(setting: Setting, names: Mapping[Path, str]) -> str:
    name = names.get(setting.path)
    if name is None:
        return "default"
    return "environment" if name == setting.variable else name


def _plain(setting: Setting, value: Any) -> Any:
    if setting.secret:
        if isinstance(value, Mapping):
            return {name: [MASK] * len(secrets) for name, secrets in value.items()}
        return MASK if value is not None and value.get_secret_value() else None
    if isinstance(value, Mapping):
        return {key: _plain_entry(entry) for key, entry in value.items()}
    if isinstance(value, frozenset | tuple):
        return [_plain_entry(entry) for entry in (sorted(value) if isinstance(value, frozenset) else value)]
    return _plain_entry(value)


def _plain_entry(entry: Any) -> Any:
    if isinstance(entry, BaseModel):
        return entry.model_dump(mode="json", exclude_none=True)
    if isinstance(entry, date):
        return entry.isoformat()
    return str(entry) if isinstance(entry, PurePath) else entry


def _page() -> Iterator[str]:
    yield from _INTRODUCTION.splitlines()
    for heading, settings in _sections():
        yield from ("", f"## {heading}", "", "| Setting | Default | Meaning |", "| --- | --- | --- |")
        for setting in settings:
            yield f"| {_name(setting)} | {_default(setting)} | {_meaning(setting)} |"
    for introduction, model in (
        (_MODELS, ModelSettings),
        (_PRICE_CHANGES, PriceChangeSettings),
        (_TENANT_BUDGETS, TenantBudgetSettings),
        (_MAPPINGS, MappingSettings),
        (_JOINS, JoinSettings),
        (_PRIVACY_RULES, PrivacyRuleSettings),
    ):
        yield from introduction.splitlines()
        yield from ("", "| Key | Default | Meaning |", "| --- | --- | --- |")
        yield from _entry(model)
    yield from ("", "## What each command requires", "", "| Command | Required settings |", "| --- | --- |")
    for command, need in COMMAND_NEEDS.items():
        paths = {path for one in need for path, _ in REQUIRED.get(one, ())}
        required = [f"`{setting.variable}`" for setting in catalogue() if setting.path in paths]
        yield f"| `{command}` | {', '.join(required) or 'none'} |"
    yield ""


def _entry(section: type[Section]) -> Iterator[str]:
    for name, field in section.model_fields.items():
        yield f"| `{name}` | {_default_of_key(field)} | {field.description} |"


def _sections() -> Iterator[tuple[str, list[Setting]]]:
    """The groups in the order of the model; settings without a group come first, together."""
    by_group: dict[str, list[Setting]] = {"": []}
    for setting in catalogue():
        by_group.setdefault(setting.path[0] if len(setting.path) > 1 else "", []).append(setting)
    for group, settings in by_group.items():
        field = Settings.model_fields[group].annotation if group else None
        meaning = (field.__doc__ or "").splitlines()[0].rstrip(".") if field else "In general"
        yield meaning, settings


def _name(setting: Setting) -> str:
    file_way = f"<br>or `{setting.variable}{FILE_SUFFIX}`" if setting.secret else ""
    return f"`{setting.variable}`{file_way}"


def _default(setting: Setting) -> str:
    return f"`{setting.default_text}`" if setting.default_text else "not set"


def _default_of_key(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    return f"`{field.default}`" if isinstance(field.default, str) else "not set"


def _meaning(setting: Setting) -> str:
    example = f" Example: `{setting.example}`." if setting.example else ""
    # A bar would begin a new cell.
    return (setting.meaning + example).replace("|", "\\|")


_INTRODUCTION = f"""\
# Settings

<!-- Generated: python -m streams.settings --markdown > docs/settings.md -->

Every setting is an environment variable. An empty one counts as not set. Unknown names are refused, and all mistakes
are reported at once, before anything starts; `crm-insights config check` does only that, and `crm-insights config show`
lists every value with its source.

`{CONFIG_VARIABLE}` may name a file, `insights.toml` say, with the same settings as tables in lower case. The
environment wins over the file. Lists and objects, which are JSON in the environment, are TOML there:

```toml
own_ids = ["integration-user-7"]

[kafka]
bootstrap_servers = "kafka-1:9092,kafka-2:9092"

[sources]
"helpdesk.tickets" = "cloudevents"
'^crm\\.public\\..*' = "debezium"
'^sfdc\\..*' = "salesforce"

[mappings.tickets]
text = ["body", "resolution"]
identifiers = {{ opened_for = "PERSON" }}

[models."my-model"]   # US dollars for a million tokens
input = 0.5
output = 2
context_window = 128000
```

A secret may stand in a file of its own: give the file's name in the variable that ends in `_FILE` (in TOML: the key
that ends in `_file`). Secrets are never printed, not even in error messages."""

_MODELS = """
## An entry of `[models]`

For a model that the price list of this version does not know, or prices otherwise."""

_PRICE_CHANGES = """
## An entry of `[[models."name".changes]]`

What the model costs from a day on, in the currency of its table."""

_TENANT_BUDGETS = """
## An entry of `[budgets.tenants]`

```toml
[prices]
currency = "EUR"
exchange_rates = { USD = 0.86 }

[budgets]
month = 2000            # all tenants together
tenant_day = 5          # each tenant, but for
[budgets.tenants.acme]
day = 50
```"""

_MAPPINGS = """
## An entry of `[mappings]`

The default of a key that is not set is told by the columns' names, as `docs/crm-engineer.md` lists them. Case and
separators of names do not count."""

_JOINS = """
## An entry of `joins`

In an entry of `[mappings]`, for an id that stands for somebody:

```toml
[mappings.tickets]
joins = [{ columns = ["contact_id"], topic = "crm.public.contacts" }]
```
"""

_PRIVACY_RULES = """
## An entry of `[[privacy.rules]]`

What is done otherwise for a tenant, for a kind, or for a kind of a tenant. It holds for the events that have all that
it names, and of what it says the last word counts:

```toml
[privacy]
allow = ["Initech Cloud", "@acme.example"]

[privacy.actions]
DATE_OF_BIRTH = "drop"

[[privacy.rules]]
tenant = "acme-bank"
actions = { EMAIL = "hash", PHONE = "hash" }
restore = false
```"""
