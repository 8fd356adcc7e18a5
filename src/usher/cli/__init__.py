"""The command `usher`."""

import click

from usher.cli import (
    connections,
    console,
    directory,
    doctor,
    keys,
    ledger,
    people,
    processes,
    removals,
    sandbox,
    usage,
    users,
)
from usher.cli.demo import command as demo
from usher.cli.identity import as_person


@as_person
@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="usher-seats", prog_name="usher")
def main(as_email: str | None) -> None:
    """Who sits in your Asana seats, who really uses them, and leavers seen out with proof.

    Settings come from the environment: USHER_HOME, DATABASE_URL, USHER_BASE_URL and others; see docs/settings.md.
    """


for module in (
    processes,
    users,
    connections,
    people,
    usage,
    console,
    directory,
    removals,
    ledger,
    keys,
    doctor,
    sandbox,
    demo,
):
    for command in module.COMMANDS:
        main.add_command(command)
