"""Mends faults of faust-streaming 0.15.3 and aiokafka 0.14.0 that lose, repeat or stall events.

Each patch has a letter, names the failure it prevents and where the fault stands, and has a test that fails without it.
They replace private methods, so they are good for exactly these versions: `apply` refuses any other.
"""

from __future__ import annotations

import importlib.metadata
from typing import TYPE_CHECKING

from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.producer.sender import SendProduceReqHandler
from faust.tables.manager import TableManager
from faust.tables.recovery import Recovery
from faust.transport.drivers import aiokafka as driver

from schemas.errors import CrmInsightsError
from streams.faust_patches import consuming, heartbeats, producing, recovering, starting
from streams.faust_patches.heartbeats import watch_lease
from streams.faust_patches.hooks import INPUTS_RESUMED, OFFSET_OUT_OF_RANGE, WRITING
from streams.faust_patches.producing import NoLongerWrittenError, hang_up

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "INPUTS_RESUMED",
    "OFFSET_OUT_OF_RANGE",
    "PATCHED_VERSIONS",
    "WRITING",
    "NoLongerWrittenError",
    "UnsupportedVersionError",
    "apply",
    "check_versions",
    "hang_up",
    "watch_lease",
]

PATCHED_VERSIONS = {"faust-streaming": "0.15.3", "aiokafka": "0.14.0"}


class UnsupportedVersionError(CrmInsightsError):
    """A library has another version than the one whose faults are mended here."""


def check_versions(installed: Callable[[str], str] = importlib.metadata.version) -> None:
    """Raise `UnsupportedVersionError` unless exactly the patched versions are installed."""
    wrong = [
        f"{name} {found} is installed, {wanted} is required"
        for name, wanted in PATCHED_VERSIONS.items()
        if (found := installed(name)) != wanted
    ]
    if wrong:
        raise UnsupportedVersionError(
            f"{'; '.join(wrong)}. crm-insights mends delivery faults of exactly these versions and would lose events "
            "with others. Install the pinned requirements: pip install --require-hashes -r requirements/run.txt"
        )


def apply() -> None:
    """Apply all patches; idempotent. Raises `UnsupportedVersionError` on any other version."""
    check_versions()
    for owner, name, patch in (
        (driver.Producer, "_settings_extra", producing.idempotent_producer_settings),  # P
        (SendProduceReqHandler, "handle_response", producing.handle_response_and_take_numbers_back),  # Q
        (driver.Producer, "_new_producer", producing.new_producer_that_asks),  # W
        (SendProduceReqHandler, "do", producing.write_only_what_may_be_written),  # W
        (driver.AIOKafkaConsumerThread, "seek_to_committed", consuming.seek_to_committed_or_beginning),  # S
        (driver.AIOKafkaConsumerThread, "_create_worker_consumer", consuming.create_consumer_with_short_wait),  # F
        (Recovery, "on_recovery_completed", recovering.rewind_before_resuming),  # R
        (Recovery, "_resume_streams", recovering.rewind_before_resuming),  # R
        (Recovery, "_build_highwaters", recovering.restore_in_bulk_before_highwaters),  # B
        (Recovery, "_wait", recovering.wait_without_a_bound),  # B
        (GroupCoordinator, "_do_heartbeat", heartbeats.heartbeat_that_renews_the_lease),  # L
        (GroupCoordinator, "_do_rejoin_group", heartbeats.rejoin_that_renews_the_lease),  # L
        (GroupCoordinator, "_do_commit_offsets", heartbeats.commit_that_tells_the_lease),  # L, C
        (GroupCoordinator, "commit_offsets", heartbeats.commit_in_one_generation),  # C
        (TableManager, "on_start", starting.start_tables_at_once),  # T
    ):
        setattr(owner, name, patch)
