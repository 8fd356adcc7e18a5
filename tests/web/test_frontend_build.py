import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.paths import ROOT


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one template, on the real libraries."""
    shutil.copytree(ROOT / "frontend", tmp_path / "frontend")
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    (tmp_path / "src/usher/web/templates").mkdir(parents=True)
    return tmp_path


def build(project: Path, template: str) -> subprocess.CompletedProcess[str]:
    (project / "src/usher/web/templates/page.html").write_text(template)
    return subprocess.run(
        ["node", "frontend/build.mjs"], cwd=project, capture_output=True, text=True, check=False, timeout=60
    )


def sprite(project: Path) -> str:
    return (project / "src/usher/web/static/vendor/icons.svg").read_text()


def test_the_sprite_has_the_icons_that_are_named_and_no_others(project: Path) -> None:
    (project / "src/usher/badges.py").write_text('Badge("Admin", icon="shield-check")')
    built = build(
        project, '{% icon "home" %}{% empty "None" icon="users" %}{% icon \'circle-check-filled\' %}'
    )
    assert built.returncode == 0, built.stderr
    drawn = sprite(project)
    assert drawn.count("<symbol") == 4
    for name in ("home", "users", "shield-check", "circle-check-filled"):
        assert f'id="{name}"' in drawn


def test_icons_that_classes_and_contexts_name_are_drawn_too(project: Path) -> None:
    (project / "src/usher/tables.py").write_text(
        'class People:\n    empty_icon = "user-search"\n    icons = "not-one"\n\n\nshown = dict(icon="bolt")\n'
    )
    built = build(project, '{% empty "None" icon = "users" %}')
    assert built.returncode == 0, built.stderr
    drawn = sprite(project)
    assert {name for name in ("user-search", "bolt", "users") if f'id="{name}"' in drawn} == {
        "user-search",
        "bolt",
        "users",
    }
    assert drawn.count("<symbol") == 3


def test_a_misspelt_icon_stops_the_build_and_leaves_what_was_there(project: Path) -> None:
    build(project, '{% icon "home" %}')
    built = build(project, '{% icon "hoem" %}')
    assert built.returncode == 1
    assert 'no icon named "hoem" (src/usher/web/templates/page.html)' in built.stderr
    assert 'id="home"' in sprite(project)


def test_nothing_that_is_served_points_to_another_host(project: Path) -> None:
    build(project, "")
    vendor = project / "src/usher/web/static/vendor"
    for file in [*vendor.rglob("*.css"), *vendor.rglob("*.js")]:
        source = file.read_text()
        assert "sourceMappingURL" not in source, file
        if file.suffix == ".css":
            assert "url(http" not in source, file
            assert "url(//" not in source, file


def test_the_lock_file_names_no_registry() -> None:
    lock = (ROOT / "package-lock.json").read_text()
    assert '"resolved"' not in lock
    assert lock.count('"integrity"') >= 5
