"""The alert rules and the dashboard in `deploy/` use metrics that exist, and do what they say."""

import json
import re
import shutil
from pathlib import Path

import pytest
import yaml
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from tests.support.insights.furnished_metrics import PROMTOOL_MISSING, furnish, promtool
from tests.support.paths import ROOT

ALERTS = ROOT / "deploy/prometheus/alerts.yml"
DASHBOARD = ROOT / "deploy/grafana/usher.json"
NAME = re.compile(r"\busher_[a-z_]+")
with_promtool = pytest.mark.skipif(
    PROMTOOL_MISSING, reason="promtool is not installed (Debian package prometheus)"
)


def rules() -> list[dict[str, object]]:
    (group,) = yaml.safe_load(ALERTS.read_text())["groups"]
    return list(group["rules"])


def asked_by_dashboard() -> list[str]:
    dashboard = json.loads(DASHBOARD.read_text())
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    return queries + [str(one["query"]) for one in dashboard["templating"]["list"]]


def exposed(settings: Settings) -> dict[str, set[str]]:
    """The labels of each metric of a furnished installation."""
    furnish()
    settings.USHER_METRICS_TOKEN = "for-prometheus-alone"
    text = Client().get("/metrics", headers={"Authorization": "Bearer for-prometheus-alone"}).content.decode()
    labels: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels.setdefault(sample.name, set()).update(sample.labels)
    return labels


@pytest.mark.django_db
def test_each_metric_and_label_that_rules_and_dashboard_use_exists(settings: Settings) -> None:
    known = exposed(settings)
    used = [str(rule["expr"]) for rule in rules()] + asked_by_dashboard()
    names = {name for text in used for name in NAME.findall(text)}
    assert len(names) > 15
    assert names - set(known) == set()
    for text in used:
        for name, selected in re.findall(r"\b(usher_[a-z_]+)\{([^}]*)\}", text):
            labels = set(re.findall(r"(\w+)(?==~?\"|!~?=?\")", selected)) - {"instance"}
            assert labels <= known[name], (name, selected)


@pytest.mark.django_db
def test_each_metric_is_described(settings: Settings) -> None:
    described = set(NAME.findall((ROOT / "docs/metrics.md").read_text()))
    exposed_names = {re.sub(r"_(bucket|sum|count)$", "", name) for name in exposed(settings)}
    assert exposed_names - described == set()


def test_each_alert_has_a_runbook_that_is_there() -> None:
    headings = {
        heading.strip().lower()
        for heading in re.findall(r"^### (.+)$", (ROOT / "docs/metrics.md").read_text(), re.M)
    }
    for rule in rules():
        page, _, anchor = rule["annotations"]["runbook_url"].partition("#")  # type: ignore[index]
        assert (page, anchor) == ("docs/metrics.md", str(rule["alert"]).lower())
        assert anchor in headings


def test_each_alert_is_tested_to_fire_and_to_stay_silent() -> None:
    tested: dict[str, set[bool]] = {}
    for one in yaml.safe_load(ALERTS.with_name("alerts_test.yml").read_text())["tests"]:
        for test in one["alert_rule_test"]:
            tested.setdefault(test["alertname"], set()).add(bool(test["exp_alerts"]))
    assert tested == {str(rule["alert"]): {True, False} for rule in rules()}


@with_promtool
def test_the_rules_are_valid_and_fire_when_they_should() -> None:
    assert promtool("check", "rules", str(ALERTS))[0] == 0
    code, said = promtool("test", "rules", str(ALERTS.with_name("alerts_test.yml")))
    assert code == 0, said


@with_promtool
def test_a_rule_that_never_fires_is_found(tmp_path: Path) -> None:
    """Otherwise the test before could not fail."""
    silent = yaml.safe_load(ALERTS.read_text())
    for rule in silent["groups"][0]["rules"]:
        rule["expr"] = f"({rule['expr']}) and on () vector(1) == 0"
    (tmp_path / "alerts.yml").write_text(yaml.safe_dump(silent))
    shutil.copy(ALERTS.with_name("alerts_test.yml"), tmp_path)
    code, said = promtool("test", "rules", str(tmp_path / "alerts_test.yml"))
    assert code != 0
    assert [rule["alert"] for rule in rules() if f"alertname: {rule['alert']}," not in said] == []


@with_promtool
def test_the_queries_of_the_dashboard_can_be_read(tmp_path: Path) -> None:
    queries = [
        each.replace("$instance", "a") for each in asked_by_dashboard() if not each.startswith(("{", "prom"))
    ]
    recorded = [{"record": f"usher:query{number}", "expr": query} for number, query in enumerate(queries)]
    (tmp_path / "rules.yml").write_text(yaml.safe_dump({"groups": [{"name": "x", "rules": recorded}]}))
    code, said = promtool("check", "rules", str(tmp_path / "rules.yml"))
    assert (code, len(queries) > 15) == (0, True), said
