"""`usher policy`: rules as files, and trying them."""

import json
from pathlib import Path

import pytest

from tests.support.cli.running import Usher

pytestmark = pytest.mark.xdist_group("cli")

IDLE = """
name: Idle for 90 days
who:
  idle_for: 90
what: {does: draft}
---
name: Left
who: {left: true}
when: directory
"""


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    file = tmp_path / "rules.yaml"
    file.write_text(IDLE)
    return file


def test_rules_are_imported_listed_exported_and_imported_again(
    synced: Usher, rules: Path, tmp_path: Path
) -> None:
    assert "There are no rules" in synced("policy", "list").stdout
    made = synced("policy", "import", str(rules))
    assert made.stdout.count("It is off.") == 2
    listed = json.loads(synced("policy", "list", "--format", "json").stdout)
    assert [(each["name"], each["state"]) for each in listed] == [
        ("Idle for 90 days", "off"),
        ("Left", "off"),
    ]
    exported = synced("policy", "export").stdout
    again = tmp_path / "again.yaml"
    again.write_text(exported)
    assert synced("policy", "import", str(again)).stdout.count("as it was") == 2
    again.write_text(exported.replace("idle_for: 90", "idle_for: 60"))
    assert "Changed “Idle for 90 days”" in synced("policy", "import", str(again)).stdout
    assert "idle_for: 60" in synced("policy", "export", "Idle for 90 days").stdout


def test_a_file_is_tried_without_storing_anything(synced: Usher, tmp_path: Path) -> None:
    file = tmp_path / "new.yaml"
    file.write_text("name: New\nwho: {unknown_for: 3660}\n")
    assert "It finds nobody" in synced("policy", "try", str(file)).stdout
    days = json.loads(synced("policy", "try", str(file), "--history", "--format", "json").stdout)
    assert len(days) == 91
    assert {each["found"] for each in days} == {0}
    assert "New" not in synced("policy", "list").stdout


@pytest.mark.parametrize(("text", "says"), [("name: X\nwho: {}", "find everybody"), ("\x80", "UTF-8")])
def test_a_file_that_is_no_rule_is_refused_and_nothing_is_stored(
    synced: Usher, tmp_path: Path, text: str, says: str
) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_bytes(f"name: First\nwho: {{left: true}}\n---\n{text}".encode("latin-1"))
    refused = synced("policy", "import", str(file))
    assert refused.returncode != 0
    assert says in refused.stderr
    assert "First" not in synced("policy", "list").stdout


def test_a_file_that_names_no_connection_of_usher_is_not_tried(synced: Usher, tmp_path: Path) -> None:
    file = tmp_path / "elsewhere.yaml"
    file.write_text("name: X\nconnection: Nowhere\nwho: {left: true}\n")
    tried = synced("policy", "try", str(file))
    assert tried.returncode == 1
    assert "no connection is called “Nowhere”" in tried.stderr
    assert "finds nobody" not in tried.stdout


def test_an_unknown_rule_is_wrong_use(synced: Usher) -> None:
    assert synced("policy", "try", "Nothing like it").returncode == 2
