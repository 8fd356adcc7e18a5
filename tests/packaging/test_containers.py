"""Dockerfile and compose.yaml, as far as they can be checked without Docker."""

import fnmatch
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from tests.support.paths import ROOT
from usher.cli import main

TOOLS = Path(sys.executable).parent
DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
SETTINGS = (ROOT / "docs/settings.md").read_text()


def instructions(name: str) -> list[str]:
    joined = DOCKERFILE.replace("\\\n", " ")
    return [line.split(None, 1)[1].strip() for line in joined.splitlines() if line.startswith(f"{name} ")]


def test_the_dockerfile_passes_its_linter() -> None:
    subprocess.run([TOOLS / "hadolint", ROOT / "Dockerfile"], check=True, timeout=60)


def test_what_the_dockerfile_copies_exists_and_reaches_the_build() -> None:
    let_in = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    copied = [
        source
        for line in instructions("COPY")
        if not line.startswith("--from=")
        for source in line.split()[:-1]
    ]
    assert copied
    for source in copied:
        assert (ROOT / source).exists(), source
        assert any(fnmatch.fnmatch(source, f"{pattern}*") for pattern in let_in), source


def test_the_image_does_not_run_as_root_and_can_be_asked_for_its_health() -> None:
    last_stage = DOCKERFILE.rsplit("\nFROM ", 1)[1]
    user = re.search(r"^USER (\d+)$", last_stage, re.MULTILINE)
    assert user
    assert int(user[1]) > 0
    assert "/healthz" in last_stage
    assert instructions("HEALTHCHECK")


def test_the_image_installs_locked_packages_by_hash_and_builds_the_assets_itself() -> None:
    assert "pip install --require-hashes -r requirements/run.txt" in DOCKERFILE
    assert "npm ci" in DOCKERFILE
    assert "src/usher/web/static/vendor" in (ROOT / ".dockerignore").read_text().splitlines()


def test_compose_fits_its_specification() -> None:
    subprocess.run(
        [TOOLS / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", ROOT / "compose.yaml"],
        check=True,
        timeout=60,
    )


def test_compose_runs_a_database_a_web_process_and_two_workers() -> None:
    services = COMPOSE["services"]
    assert set(services) == {"database", "migrate", "web", "worker"}
    assert services["worker"]["deploy"]["replicas"] == 2
    for name in ("web", "worker"):
        assert services[name]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
        assert "home:/var/lib/usher" in services[name]["volumes"]
    mounted = {volume.split(":")[0] for service in services.values() for volume in service["volumes"]}
    assert mounted == set(COMPOSE["volumes"])
    assert "/var/lib/usher" in instructions("VOLUME")


@pytest.mark.parametrize(
    "command",
    [service["command"] for service in COMPOSE["services"].values() if "command" in service]
    + [json.loads(line) for line in instructions("CMD")],
    ids=" ".join,
)
def test_every_command_of_a_container_is_one_that_usher_has(command: list[str]) -> None:
    program, name, *arguments = command
    assert program == "usher"
    context = click.Context(main)
    found = main.get_command(context, name)
    assert found is not None, name
    found.make_context(name, arguments, parent=context)  # raises where an option does not exist


def test_every_variable_that_compose_sets_is_documented() -> None:
    assert COMPOSE["x-usher"]["environment"]
    for name in COMPOSE["x-usher"]["environment"]:
        assert f"`{name}`" in SETTINGS, name
