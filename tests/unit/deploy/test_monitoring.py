"""Prometheus and Grafana ask for metrics and labels that the worker has."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import CollectorRegistry

from streams.observability.metrics import Metrics

ROOT = Path(__file__).parents[3]
DEPLOY = ROOT / "deploy"
DASHBOARD: dict[str, Any] = json.loads((DEPLOY / "grafana/dashboards/crm-insights.json").read_text("utf-8"))

METRIC = re.compile(r"\b(?P<name>crm_insights_\w+)(?:\{(?P<matchers>[^}]*)\})?")
GROUPED = re.compile(r"\b(?:by|without) \((?P<labels>[^)]*)\)")

# Labels that Prometheus itself adds, and the bucket bound of a histogram.
ADDED = {"job", "instance", "le"}


def load(name: str) -> Any:
    return yaml.safe_load((DEPLOY / name).read_text("utf-8"))


def series() -> dict[str, set[str]]:
    """Every series that a worker can show, with its labels."""
    registry = CollectorRegistry()
    Metrics(registry)
    # The library has no public way from a name to its labels before a first sample exists.
    collectors: dict[str, Any] = registry._names_to_collectors
    known = {name: set(collector._labelnames) for name, collector in collectors.items()}
    known["crm_insights_build_info"] = {"version", "python"}
    return known


def expressions() -> list[str]:
    panels = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
    alerts = [rule["expr"] for group in load("alerts.yml")["groups"] for rule in group["rules"]]
    return panels + alerts


@pytest.mark.parametrize("expression", expressions())
def test_an_expression_names_series_and_labels_that_exist(expression: str) -> None:
    known = series()
    metrics = list(METRIC.finditer(expression))
    grouped = {label.strip() for match in GROUPED.finditer(expression) for label in match["labels"].split(",")}

    assert metrics or "up{" in expression
    for match in metrics:
        assert match["name"] in known
        asked = {matcher.split("=")[0].strip("!~ ") for matcher in (match["matchers"] or "").split(",") if matcher}
        assert (asked | grouped) - ADDED <= known[match["name"]]


def test_prometheus_scrapes_the_worker_where_it_serves_its_metrics() -> None:
    (job,) = load("prometheus.yml")["scrape_configs"]
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))

    (target,) = job["static_configs"][0]["targets"]
    service, port = target.split(":")
    assert compose["services"][service]["ports"][0].endswith(f":{port}")
    assert f"CRM_INSIGHTS_WEB__PORT={port}" in (ROOT / "Dockerfile").read_text("utf-8")


def test_the_rule_files_of_prometheus_exist() -> None:
    assert all((DEPLOY / name).is_file() for name in load("prometheus.yml")["rule_files"])


def test_every_alert_says_what_happened_and_what_to_do() -> None:
    for group in load("alerts.yml")["groups"]:
        for rule in group["rules"]:
            assert {"summary", "remedy"} <= set(rule["annotations"]), rule["alert"]
            assert rule["labels"]["severity"] in {"page", "ticket"}


def test_the_dashboard_uses_the_data_source_that_is_provisioned() -> None:
    (source,) = load("grafana/provisioning/datasources/prometheus.yml")["datasources"]

    assert {panel["datasource"]["uid"] for panel in DASHBOARD["panels"]} == {source["uid"]}


def test_panels_do_not_overlap() -> None:
    cells = [
        (x, y)
        for panel in DASHBOARD["panels"]
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]

    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24
