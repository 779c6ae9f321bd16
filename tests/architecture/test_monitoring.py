"""The alerts and the dashboard name metrics that exist, and their expressions are PromQL."""

import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path

import promql_parser
import pytest
import yaml
from django.urls import get_resolver
from prometheus_client import REGISTRY

from backend.engines import cache  # noqa: F401 - Django loads it when the cache is first used
from backend.operations import health, metrics  # noqa: F401 - registers the metrics of requests
from backend.operations.exposition import HealthCollector

ROOT = Path(__file__).parent.parent.parent
ALERTS = ROOT / "deploy/prometheus/alerts.yml"
DASHBOARD = ROOT / "deploy/grafana/vitrine.json"
NAME = re.compile(r"\bvitrine_\w+")
FACT = re.compile(r'dependency="(\w+)", fact="(\w+)"')
# Grafana replaces it by a duration that suits the resolution of the picture.
INTERVAL = "$__rate_interval"


def alerts() -> dict[str, str]:
    groups = yaml.safe_load(ALERTS.read_text())["groups"]
    return {rule["alert"]: rule["expr"] for group in groups for rule in group["rules"]}


def panels() -> list[dict[str, object]]:
    return [panel for panel in json.loads(DASHBOARD.read_text())["panels"] if panel["type"] != "row"]


def expressions() -> Iterator[tuple[str, str]]:
    yield from alerts().items()
    for panel in panels():
        targets = panel["targets"]
        assert isinstance(targets, list)
        for target in targets:
            yield str(panel["title"]), target["expr"].replace(INTERVAL, "5m")


def known_metrics() -> set[str]:
    """Return the names of the series that the metrics port can have."""
    # Loads every view, and with it every metric but those of requests.
    assert get_resolver().url_patterns
    families = [*REGISTRY.collect(), *HealthCollector().collect()]
    suffixes = {"counter": ["_total"], "histogram": ["_bucket", "_count", "_sum"], "gauge": [""]}
    return {
        family.name + suffix
        for family in families
        if family.name.startswith("vitrine_")
        for suffix in suffixes[family.type]
    }


@pytest.fixture(autouse=True)
def _no_checks_of_stores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "probe_all", list)
    monkeypatch.setattr("backend.operations.exposition.probe_all", list)


def test_every_expression_is_promql_and_names_metrics_that_exist() -> None:
    known = known_metrics()

    assert {
        "vitrine_http_requests_total",
        "vitrine_http_request_seconds_bucket",
        "vitrine_dependency",
    } <= known
    found = list(expressions())
    assert len(found) > 40
    for title, expression in found:
        promql_parser.parse(expression)
        names = set(NAME.findall(expression))
        assert names, title
        assert names <= known, (title, names - known)


def test_every_fact_is_reported_by_the_check_of_its_dependency() -> None:
    facts = {found for _, expression in expressions() for found in FACT.findall(expression)}

    assert len(facts) > 12
    for dependency, fact in facts:
        check = health._checks[dependency].check
        assert f'"{fact}"' in inspect.getsource(inspect.getmodule(check) or check), (dependency, fact)


def test_every_alert_says_what_is_wrong_and_the_dashboard_has_unique_panels() -> None:
    groups = yaml.safe_load(ALERTS.read_text())["groups"]
    rules = [rule for group in groups for rule in group["rules"]]

    assert all(rule["annotations"]["summary"] for rule in rules)
    assert len(alerts()) == len(rules)
    everything = json.loads(DASHBOARD.read_text())["panels"]
    assert len({panel["id"] for panel in everything}) == len(everything)
    assert len({panel["title"] for panel in everything}) == len(everything)


def test_compose_mounts_every_file_of_prometheus_and_grafana() -> None:
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    mounted = {
        volume.split(":")[0].removeprefix("./")
        for name in ("prometheus", "grafana")
        for volume in services[name]["volumes"]
        if volume.startswith("./")
    }

    files = [path for folder in ("prometheus", "grafana") for path in (ROOT / "deploy" / folder).rglob("*.*")]
    assert len(files) >= 5
    for path in files:
        relative = path.relative_to(ROOT).as_posix()
        assert any(relative == name or relative.startswith(f"{name}/") for name in mounted), relative
