"""Files that GitHub, editors and hooks read: they fit their schemas, and name what exists."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.support.paths import ROOT

TOOLS = Path(sys.executable).parent


@pytest.mark.parametrize(
    ("schema", "file"),
    [
        ("vendor.github-workflows", ".github/workflows/ci.yml"),
        ("custom.github-workflows-require-timeout", ".github/workflows/ci.yml"),
        ("vendor.github-issue-forms", ".github/ISSUE_TEMPLATE/bug.yml"),
        ("vendor.github-issue-forms", ".github/ISSUE_TEMPLATE/idea.yml"),
        ("vendor.github-issue-config", ".github/ISSUE_TEMPLATE/config.yml"),
    ],
)
def test_what_github_reads_fits_its_schema(schema: str, file: str) -> None:
    subprocess.run(
        [TOOLS / "check-jsonschema", "--builtin-schema", schema, ROOT / file], check=True, timeout=60
    )


def test_github_runs_what_everybody_runs() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())
    assert {"run": ".ci/run"} in workflow["jobs"]["check"]["steps"]
    assert (ROOT / ".ci/run").stat().st_mode & 0o111


def test_hooks_use_the_tools_that_are_installed() -> None:
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    hooks = config["repos"][0]["hooks"]
    assert {"ruff-check", "ruff-format", "import-linter", "mypy"} <= {hook["id"] for hook in hooks}
    for hook in hooks:
        tool = next(word for word in hook["entry"].split() if word.startswith(".venv/bin/"))
        assert (TOOLS / Path(tool).name).exists(), tool


def test_the_devcontainer_calls_a_target_that_exists() -> None:
    config = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text())
    target = re.search(r"make ([a-z-]+)", config["postCreateCommand"])
    assert target
    assert f"\n{target[1]}:" in (ROOT / "Makefile").read_text()


def test_the_version_is_the_same_everywhere() -> None:
    in_project = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert in_project
    version = in_project[1]
    assert json.loads((ROOT / "package.json").read_text())["version"] == version
    assert json.loads((ROOT / "package-lock.json").read_text())["version"] == version
    assert f"image: usher:{version}" in (ROOT / "compose.yaml").read_text()
    newest = re.search(r"^## (\d\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert newest
    assert newest[1] == version


def test_every_target_of_the_makefile_that_docs_name_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob(".github/**/*.md")]:
        for name in re.findall(r"(?:`|^\s*)make ([a-z][a-z-]*)", page.read_text(), re.MULTILINE):
            assert name in targets, f"{page}: make {name}"
