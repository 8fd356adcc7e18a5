"""Commands that read can be asked of an Usher elsewhere: `usher --url https://… --token-file … people`."""

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from usher.cli.errors import WrongUse

if TYPE_CHECKING:
    from usher.cli.elsewhere.client import Elsewhere

COMMANDS = frozenset({"people", "idle", "usage", "coverage", "events", "leavers", "cases"})
ON_THIS_MACHINE = frozenset({"127.0.0.1", "::1", "localhost"})

Parameters = dict[str, str | int | list[str]]


def elsewhere() -> "Elsewhere | None":
    """Where the command is to be asked, if `--url` says so. Raises WrongUse."""
    context = click.get_current_context(silent=True)
    given = context.find_root().params if context else {}
    url, token_file = given.get("url"), given.get("token_file")
    if not url:
        return None
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in ON_THIS_MACHINE:
        raise WrongUse("--url must begin with https://.", "The token would travel in the clear.")
    from usher.cli.elsewhere.client import Elsewhere  # an HTTP client

    return Elsewhere(url, _token(token_file))


def refuse_here(command: str | None) -> None:
    """Raises WrongUse for a command that works only where Usher runs."""
    if command not in COMMANDS:
        raise WrongUse(
            f"`usher {command}` works on the machine that runs Usher.",
            f"With --url: {', '.join(sorted(COMMANDS))}.",
        )


def _token(file: Path | None) -> str:
    if file is None:
        raise WrongUse(
            "--url needs --token-file, or USHER_TOKEN_FILE.", "Create a token on your profile in Usher."
        )
    token = file.read_text().strip()
    if not token:
        raise WrongUse(f"{file} is empty.", "Put the API token into it, alone.")
    return token
