"""Build hook: a package holds the front-end assets and names the revision that it was built from."""

import os
import re
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

STATIC = Path("src/usher/web/static")
REVISION = Path("src/usher/_revision.py")  # not in the repository; a source distribution carries one
NAMED = re.compile(r"""["'](vendor/[^"'#]+)["'#]""")


class UsherBuildHook(BuildHookInterface[Any]):
    """Checks and completes a wheel or source distribution. An editable install needs neither."""

    _folder: "tempfile.TemporaryDirectory[str] | None" = None

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        root = Path(self.root)
        missing = missing_assets(root)
        if missing:
            raise SystemExit(
                f"Usher's package needs the front-end assets, and {missing[0]} is missing. "
                "Run `make wheel`, or `make assets` before the build. Both need Node and npm."
            )
        revision = built_from(root)
        if revision and not (root / REVISION).exists():
            self._folder = tempfile.TemporaryDirectory(prefix="usher-build-")
            written = Path(self._folder.name) / REVISION.name
            written.write_text(
                f'"""The revision that this package was built from."""\n\nREVISION = "{revision}"\n'
            )
            inside = REVISION if self.target_name == "sdist" else REVISION.relative_to("src")
            build_data["force_include"][str(written)] = str(inside)

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if self._folder is not None:
            self._folder.cleanup()


def missing_assets(root: Path) -> list[str]:
    """The files of `vendor/` that a template or module names and that are not there."""
    named = {
        name
        for pattern in ("*.html", "*.py")
        for source in (root / "src/usher").rglob(pattern)
        for name in NAMED.findall(source.read_text(encoding="utf-8"))
    }
    return sorted(str(STATIC / name) for name in named if not (root / STATIC / name).is_file())


def built_from(root: Path) -> str | None:
    """USHER_REVISION, or the checked-out commit with `+` when files differ from it, or None outside of git."""
    if given := re.sub(r"[^0-9A-Za-z.+-]", "", os.environ.get("USHER_REVISION", "")):
        return given
    try:
        commit = _git(root, "rev-parse", "--short=10", "HEAD")
        changed = _git(root, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.CalledProcessError):
        return None
    return commit + ("+" if changed else "")


def _git(root: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", "-C", str(root), *arguments], capture_output=True, text=True, check=True, timeout=30
    ).stdout.strip()
