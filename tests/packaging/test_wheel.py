"""The wheel: complete, and enough to run Usher on a machine that has neither the source nor Node."""

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urljoin

import httpx
import pytest

from tests.support.cli.running import wait_until
from tests.support.paths import ROOT
from tests.support.ports import free_port

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("wheel")]

UV = Path(sys.executable).parent / "uv"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
FONTS = re.compile(r"url\(\.?/?(files/[^)]+)\)")
SOURCES = ["pyproject.toml", "hatch_build.py", "README.md", "LICENSE", "src"]


def build(
    source: Path, into: Path, *options: str, revision: str = "abc1234"
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-d", str(into), *options],
        cwd=source,
        env={**os.environ, "USHER_REVISION": revision},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    into = tmp_path_factory.mktemp("dist")
    built = build(ROOT, into, "-t", "wheel")
    assert built.returncode == 0, built.stderr
    return next(into.glob("*.whl"))


@pytest.fixture
def fresh_clone(tmp_path: Path) -> Path:
    """The sources as git has them: nothing was built here."""
    for name in SOURCES:
        copied = tmp_path / "clone" / name
        copied.parent.mkdir(exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copied, ignore=shutil.ignore_patterns("__pycache__", "vendor"))
        else:
            shutil.copy(ROOT / name, copied)
    return tmp_path / "clone"


def test_the_wheel_holds_every_asset_that_a_page_names_and_its_revision(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        names = set(packed.namelist())
        assert 'REVISION = "abc1234"' in packed.read("usher/_revision.py").decode()
        css = packed.read("usher/web/static/vendor/inter/index.css").decode()
        icons = packed.read("usher/web/static/vendor/icons.svg").decode()
    fonts = {f"usher/web/static/vendor/inter/{name}" for name in FONTS.findall(css)}
    assert {
        "usher/web/static/vendor/tabler/tabler.min.css",
        "usher/web/static/vendor/tabler/tabler.min.js",
        "usher/web/static/vendor/htmx/htmx.min.js",
        "usher/web/static/vendor/echarts/echarts.min.js",
        "usher/py.typed",
    } <= names
    assert len([font for font in fonts if "-wght-normal" in font and font in names]) >= 5
    assert icons.count("<symbol") > 20
    assert not [name for name in names if name.startswith("tests/") or "__pycache__" in name or "/." in name]


def test_building_leaves_nothing_behind_in_the_sources(wheel: Path) -> None:
    assert not (ROOT / "src/usher/_revision.py").exists()


def test_a_wheel_that_is_built_from_the_source_distribution_is_as_complete(tmp_path: Path) -> None:
    assert build(ROOT, tmp_path / "dist", "-t", "sdist").returncode == 0
    shutil.unpack_archive(next(tmp_path.glob("dist/*.tar.gz")), tmp_path / "unpacked")
    source = next((tmp_path / "unpacked").iterdir())
    built = build(source, tmp_path / "dist", "-t", "wheel", revision="")
    assert built.returncode == 0, built.stderr
    with zipfile.ZipFile(next(tmp_path.glob("dist/*.whl"))) as packed:
        assert 'REVISION = "abc1234"' in packed.read("usher/_revision.py").decode()
        assert "usher/web/static/vendor/tabler/tabler.min.css" in packed.namelist()


@pytest.mark.parametrize("target", ["wheel", "sdist"])
def test_a_clone_without_assets_builds_no_package_and_says_why(
    fresh_clone: Path, tmp_path: Path, target: str
) -> None:
    built = build(fresh_clone, tmp_path / "dist", "-t", target)
    assert built.returncode != 0
    assert "needs the front-end assets" in built.stderr
    assert "make wheel" in built.stderr
    assert "Traceback" not in built.stderr
    assert not list(tmp_path.glob("dist/*"))


def test_one_missing_asset_is_enough(fresh_clone: Path, tmp_path: Path) -> None:
    static = "src/usher/web/static/vendor"
    shutil.copytree(ROOT / static, fresh_clone / static)
    (fresh_clone / static / "htmx/htmx.min.js").unlink()
    built = build(fresh_clone, tmp_path / "dist", "-t", "wheel")
    assert built.returncode != 0
    assert f"{static}/htmx/htmx.min.js is missing" in built.stderr


@pytest.fixture(scope="module")
def environment(wheel: Path) -> Iterator[Path]:
    """An empty virtual environment with the locked packages of production and the wheel.

    Not in pytest's folder, which only its owner may enter: run by root, the database has a user of its own.
    """
    with tempfile.TemporaryDirectory(prefix="usher-wheel-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        yield installed(wheel, Path(folder) / "venv")


def installed(wheel: Path, folder: Path) -> Path:
    subprocess.run([UV, "venv", "--quiet", "--python", sys.executable, folder], check=True, timeout=60)
    install = [UV, "pip", "install", "--quiet", "--python", folder / "bin/python"]
    subprocess.run(
        [*install, "--require-hashes", "-r", ROOT / "requirements/run.txt"], check=True, timeout=300
    )
    subprocess.run([*install, "--no-deps", wheel], check=True, timeout=60)
    return folder


@pytest.fixture(scope="module")
def without_node(environment: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment variables of someone who has just installed the wheel, on a machine without Node."""
    tools = tmp_path_factory.mktemp("bin")
    for folder in ("/usr/bin", "/bin", "/usr/sbin", "/sbin"):
        for tool in Path(folder).iterdir():
            if (
                not tool.name.startswith(("node", "npm", "npx", "python"))
                and not (tools / tool.name).exists()
            ):
                (tools / tool.name).symlink_to(tool)
    path = f"{environment / 'bin'}:{tools}"
    assert shutil.which("node", path=path) is None
    kept = {name: os.environ[name] for name in ("HOME", "LANG", "TZ") if name in os.environ}
    return kept | {"PATH": path, "PYTHONUNBUFFERED": "1"}


@contextmanager
def served(environment: Path, variables: dict[str, str], *command: str) -> Iterator[str]:
    """The address at which `usher …` serves, with a new data folder, until the block ends."""
    port = free_port()
    # A short path: the database's socket lies in it, and a socket's path has a limit.
    with tempfile.TemporaryDirectory(prefix="uw-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        log = Path(folder) / "log"
        with log.open("w") as written:
            process = subprocess.Popen(
                [environment / "bin/usher", *command, "--port", str(port)],
                env=variables | {"USHER_HOME": f"{folder}/home"},
                cwd=folder,
                stdout=written,
                stderr=subprocess.STDOUT,
            )

        def listens() -> bool:
            assert process.poll() is None, log.read_text()
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", port)) == 0

        try:
            wait_until(listens, seconds=90, every=0.2)
            yield f"http://127.0.0.1:{port}"
            assert "Traceback" not in log.read_text()
        finally:
            process.terminate()
            process.wait(30)


def test_production_installs_no_package_of_development(environment: Path) -> None:
    listed = subprocess.run(
        [UV, "pip", "list", "--python", environment / "bin/python", "--format=freeze"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout.lower()
    assert "django==" in listed
    assert not re.search(
        r"^(pytest|mypy|ruff|playwright|hypothesis|asana|hatchling)[=-]", listed, re.MULTILINE
    )


def test_the_locked_packages_satisfy_the_wheel(environment: Path) -> None:
    subprocess.run([UV, "pip", "check", "--python", environment / "bin/python"], check=True, timeout=60)


def test_the_version_names_the_revision(environment: Path, without_node: dict[str, str]) -> None:
    shown = subprocess.run(
        [environment / "bin/usher", "--version"],
        env=without_node,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout
    assert PROJECT["version"] in shown
    assert "abc1234" in shown


def test_the_simulated_asana_of_the_demo_is_in_it(environment: Path, without_node: dict[str, str]) -> None:
    with served(environment, without_node, "sandbox", "--people", "12") as address:
        accounts = httpx.get(f"{address}/-/sandbox", timeout=30)
        assert accounts.status_code == 200
        assert "sandbox-pat-1" in accounts.text


def test_usher_up_serves_a_styled_page(environment: Path, without_node: dict[str, str]) -> None:
    with (
        served(environment, without_node, "up") as address,
        httpx.Client(base_url=address, follow_redirects=True, timeout=30) as client,
    ):
        page = client.get("/")
        assert page.status_code == 200
        assert page.headers["content-type"].startswith("text/html")
        assert "Usher" in page.text
        named = set(re.findall(r'(?:href|src)="(/static/[^"#]+)', page.text))
        assert any(name.endswith("tabler.min.css") for name in named)
        for name in named:
            answer = client.get(name)
            assert answer.status_code == 200, name
            assert len(answer.content) > 100, name
        letters = client.get("/static/vendor/inter/index.css")
        font = next(name for name in FONTS.findall(letters.text) if "-latin-wght-normal" in name)
        assert client.get(urljoin(str(letters.url), font)).status_code == 200
