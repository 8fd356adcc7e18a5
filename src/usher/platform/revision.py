"""Which source runs: its version, and the revision that it was built from if that is known."""

import subprocess
from importlib import import_module
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[3]
"""Where the repository is, when Usher runs from a checkout."""


def revision() -> str:
    """The short hash of the commit: as the wheel carries it, else that of the checkout, else empty."""
    try:
        return str(import_module("usher._revision").REVISION)
    except ImportError:
        return _revision_of_checkout()


def _revision_of_checkout() -> str:
    if not (CHECKOUT / ".git").exists():
        return ""
    try:
        git = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"],  # noqa: S607  # wherever git is
            cwd=CHECKOUT,
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return ""
    return git.stdout.strip() if git.returncode == 0 else ""
