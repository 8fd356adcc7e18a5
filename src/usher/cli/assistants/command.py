"""`usher mcp`: tools for an assistant, over standard input and output."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from usher.access.acting import actor_for
from usher.access.roles import Action
from usher.cli.errors import Failed, WrongUse
from usher.cli.identity import acting_person, demand
from usher.cli.output import echo
from usher.cli.runtime import is_terminal, needs_database
from usher.cli.stopping import STOP_WITHIN_SECONDS, calling_on_stop

if TYPE_CHECKING:
    from usher.assistants.caller import CallerSource

TOKEN = "USHER_TOKEN"  # noqa: S105  # the name of a variable


@click.command()
@click.option(
    "--token-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help=f"A file with an API token of Usher. {TOKEN} does the same.",
)
@needs_database
def mcp(token_file: Path | None) -> None:
    """Serve tools to an assistant (MCP, stdio).

    The assistant reads as the owner of the API token, or without one as the user of this machine (or `--as`), and may
    open drafts of cases. It can approve, run and change nothing.
    """
    token = _token(token_file)
    source = _by_token(token) if token else _by_account()
    from usher.assistants.stdio import input_that_can_end, serve_stdio  # the SDK takes a second to import

    if is_terminal():
        echo("Waiting for an assistant on standard input. Ctrl-C stops.", err=True)
    with input_that_can_end() as end, calling_on_stop(end, STOP_WITHIN_SECONDS):
        serve_stdio(source)


def _token(file: Path | None) -> str:
    text = file.read_text() if file else os.environ.get(TOKEN, "")
    if file and not text.strip():
        raise WrongUse(
            f"There is no token in {file}.", "Make one in Usher, under API tokens, and put it there."
        )
    return text.strip()


def _by_token(token: str) -> "CallerSource":
    from usher.assistants.caller import by_token_text
    from usher.refusals import Refused

    try:
        by_token_text(token).require(Action.READ)  # what is wrong now is said now
    except Refused as refusal:
        raise Failed(refusal.message, refusal.remedy) from refusal
    return lambda: by_token_text(token)


def _by_account() -> "CallerSource":
    from usher.access.models import User
    from usher.assistants.caller import Caller, CallerRefused, by_account

    actor = demand(Action.READ)
    person = acting_person()
    if person is None:
        return lambda: by_account(actor, None)
    key = person.pk

    def now() -> Caller:
        user = User.objects.filter(pk=key, is_active=True).first()
        if user is None:
            raise CallerRefused("The account that you act for has ended.", "Act as somebody else.")
        return by_account(actor_for(user, actor.via), user)

    return now
