"""CRMs and help desks in the cloud: what their web hooks deliver."""

from __future__ import annotations

from schemas.sources.saas.dynamics import DynamicsAdapter, is_dynamics
from schemas.sources.saas.freshdesk import FreshdeskAdapter, is_freshdesk
from schemas.sources.saas.intercom import IntercomAdapter, is_intercom
from schemas.sources.saas.pipedrive import PipedriveAdapter, is_pipedrive

__all__ = [
    "DynamicsAdapter",
    "FreshdeskAdapter",
    "IntercomAdapter",
    "PipedriveAdapter",
    "is_dynamics",
    "is_freshdesk",
    "is_intercom",
    "is_pipedrive",
]
