"""`usher --version`: the version, and the revision of the source if it is known."""

import click

from usher.cli.output import echo
from usher.platform.revision import revision


def show_version(context: click.Context, option: click.Parameter, value: bool) -> None:
    """Prints it and ends the command."""
    if not value or context.resilient_parsing:
        return
    from importlib import metadata  # here, since every command imports this module

    commit = revision()
    echo(f"usher, version {metadata.version('usher-seats')}" + (f" ({commit})" if commit else ""))
    context.exit()
