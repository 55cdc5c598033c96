"""The settings: `load_settings(need)` gives a validated tree or one error that names every mistake."""

from __future__ import annotations

from streams.errors import Mistake, SettingsError
from streams.settings.entries import ModelSettings, PrivacyRuleSettings
from streams.settings.load import load_anyway, load_settings, load_with_names
from streams.settings.model import (
    KafkaSettings,
    LlmSettings,
    LogSettings,
    PrivacySettings,
    SchemaRegistrySettings,
    Settings,
    StateSettings,
    TopicNames,
    WebhookSettings,
    WebSettings,
)
from streams.settings.money import BudgetSettings, PriceSettings
from streams.settings.rules import COMMAND_NEEDS, ENRICH, INTAKE, PREVIEW, WORKER, Need

__all__ = [
    "COMMAND_NEEDS",
    "ENRICH",
    "INTAKE",
    "PREVIEW",
    "WORKER",
    "BudgetSettings",
    "KafkaSettings",
    "LlmSettings",
    "LogSettings",
    "Mistake",
    "ModelSettings",
    "Need",
    "PriceSettings",
    "PrivacyRuleSettings",
    "PrivacySettings",
    "SchemaRegistrySettings",
    "Settings",
    "SettingsError",
    "StateSettings",
    "TopicNames",
    "WebSettings",
    "WebhookSettings",
    "load_anyway",
    "load_settings",
    "load_with_names",
]
