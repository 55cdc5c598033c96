"""Which schema stands under which subject at which compatibility level, and what can be wrong with that."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from schemas.avro import event_schema, insight_key_schema, insight_schema, refetch_schema
from schemas.errors import CrmInsightsError

_REGISTER = "Run `crm-insights schemas register`."


@dataclass(frozen=True, slots=True)
class Contract:
    """The schema that a subject must hold, and the registry's level that keeps later versions readable."""

    subject: str
    schema: dict[str, Any]
    compatibility: str


def contracts(events_topic: str, insights_topic: str, refetch_topic: str) -> tuple[Contract, ...]:
    """Return our contracts: events readable by newer workers, the rest by older and newer consumers alike.

    The dead letters, webhooks and source topics have none: they carry what others wrote, as it was written.
    """
    return (
        Contract(f"{events_topic}-value", event_schema(), "BACKWARD_TRANSITIVE"),
        Contract(f"{insights_topic}-key", insight_key_schema(), "FULL_TRANSITIVE"),
        Contract(f"{insights_topic}-value", insight_schema(), "FULL_TRANSITIVE"),
        Contract(f"{refetch_topic}-value", refetch_schema(), "FULL_TRANSITIVE"),
    )


class ContractProblem(StrEnum):
    """What keeps a subject from being as its contract says."""

    SUBJECT_MISSING = "subject_missing"
    INCOMPATIBLE = "incompatible"
    NOT_REGISTERED = "not_registered"
    LEVEL_WRONG = "level_wrong"


@dataclass(frozen=True, slots=True)
class ContractState:
    """What a check found: `problem` is None where all is as it should be. `schema_id` is known once registered."""

    subject: str
    problem: ContractProblem | None
    schema_id: int | None = None
    compatibility: str | None = None
    detail: str = ""
    remedy: str = ""

    @property
    def fine(self) -> bool:
        """Whether the subject is as its contract says."""
        return self.problem is None


class SchemaMissing(CrmInsightsError):  # noqa: N818 -- named for the state of the registry, as DependencyFault is
    """A contract is not registered; the message names the subject and the remedy."""

    def __init__(self, subject: str) -> None:
        """Name the `subject` that lacks our schema."""
        super().__init__(f"The registry does not hold our schema for subject '{subject}'. {_REGISTER}")
        self.subject = subject


class SchemaRefused(CrmInsightsError):  # noqa: N818 -- as above
    """The registry refused a contract, as a rule because versions under the subject are incompatible with it."""

    def __init__(self, subject: str, answer: str) -> None:
        """Name the `subject` and quote the registry's `answer`."""
        super().__init__(
            f"The registry refused our schema for subject '{subject}': {answer} "
            "Another program's schema stands under this name, or a later version of ours: use another topic name, "
            "or upgrade crm-insights."
        )
        self.subject = subject


def state_of(contract: Contract, *, schema_id: int | None, level: str, compatible: bool | None) -> ContractState:
    """Judge what the registry said: the worst thing first.

    `schema_id` is None if the schema is not registered, `compatible` is None if the subject does not exist, `level` is
    the one in force for the subject.
    """
    level_fits = level in _AT_LEAST[contract.compatibility]
    if compatible is None:
        problem, detail = ContractProblem.SUBJECT_MISSING, "The subject does not exist."
    elif schema_id is None and not compatible:
        problem, detail = ContractProblem.INCOMPATIBLE, "Versions under the subject are incompatible with our schema."
    elif schema_id is None:
        problem, detail = ContractProblem.NOT_REGISTERED, "The subject holds other versions, not ours."
    elif not level_fits:
        problem = ContractProblem.LEVEL_WRONG
        detail = f"The compatibility level is {level}, not {contract.compatibility}: a change may break its readers."
    else:
        return ContractState(contract.subject, None, schema_id, level)
    remedy = "Use another topic name, or upgrade." if problem is ContractProblem.INCOMPATIBLE else _REGISTER
    return ContractState(contract.subject, problem, schema_id, level, detail, remedy)


# A stricter level keeps the promise as well.
_AT_LEAST = {
    "BACKWARD_TRANSITIVE": frozenset({"BACKWARD_TRANSITIVE", "FULL_TRANSITIVE"}),
    "FULL_TRANSITIVE": frozenset({"FULL_TRANSITIVE"}),
}
