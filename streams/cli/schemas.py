"""`crm-insights schemas check|register`: the contracts at the schema registry."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import click

from schemas.errors import DependencyFault
from schemas.registry import Registry, contracts
from streams.cli.output import json_option, print_json, print_table, settings_for
from streams.errors import CommandFailed
from streams.registry import registry_of
from streams.settings import COMMAND_NEEDS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from schemas.registry import Contract, ContractState


@click.group()
def schemas() -> None:
    """Check or register the schemas."""


@schemas.command()
@json_option
def check(*, as_json: bool) -> int:
    """Compare the registry with the contracts; exit 1 if one is missing or different."""
    states: list[ContractState] = asyncio.run(_each(Registry.check))
    if as_json:
        print_json({"ok": all(state.fine for state in states), "schemas": [_as_dict(state) for state in states]})
    else:
        print_table(
            ["subject", "id", "compatibility", "state", "remedy"],
            [
                [
                    state.subject,
                    "" if state.schema_id is None else str(state.schema_id),
                    state.compatibility or "",
                    "ok" if state.problem is None else state.detail or state.problem,
                    state.remedy,
                ]
                for state in states
            ],
        )
    return 0 if all(state.fine for state in states) else 1


@schemas.command()
@json_option
def register(*, as_json: bool) -> None:
    """Set each subject's compatibility level, then register its schema; done again, it changes nothing."""
    rows: list[tuple[Contract, int]] = asyncio.run(_each(_register))
    if as_json:
        print_json(
            {"schemas": [{"subject": c.subject, "id": id_, "compatibility": c.compatibility} for c, id_ in rows]}
        )
    else:
        print_table(["subject", "id", "compatibility"], [[c.subject, str(id_), c.compatibility] for c, id_ in rows])


async def _each(ask: Callable[[Registry, Contract], Awaitable[Any]]) -> list[Any]:
    settings = settings_for(COMMAND_NEEDS["schemas"])
    registry = registry_of(settings)
    try:
        names = settings.topics
        return [await ask(registry, one) for one in contracts(names.events, names.insights, names.refetch)]
    except DependencyFault as fault:
        raise CommandFailed(
            f"{fault.detail}. Look at CRM_INSIGHTS_SCHEMA_REGISTRY__URL ({settings.schema_registry.url})."
        ) from fault
    finally:
        await registry.aclose()


async def _register(registry: Registry, contract: Contract) -> tuple[Contract, int]:
    return contract, await registry.register(contract)


def _as_dict(state: ContractState) -> dict[str, Any]:
    return {
        "subject": state.subject,
        "ok": state.fine,
        "problem": state.problem,
        "id": state.schema_id,
        "compatibility": state.compatibility,
        "detail": state.detail,
        "remedy": state.remedy,
    }
