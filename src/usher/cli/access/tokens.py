"""`usher tokens`: the API tokens of all users."""

from datetime import datetime

import click

from usher.access.models import ApiToken
from usher.access.roles import Action
from usher.access.tokens.api_tokens import end_of, extend_token, revoke_token
from usher.cli.errors import WrongUse
from usher.cli.identity import demand
from usher.cli.options import format_option
from usher.cli.output import Record, echo, print_csv, print_json_array, print_table
from usher.cli.runtime import needs_database

HEADINGS = {
    "id": "No.",
    "name": "Token",
    "owner": "Owner",
    "permissions": "May",
    "ends": "Ends",
    "last_used": "Last used",
    "last_used_from": "From",
}


@click.group()
def tokens() -> None:
    """List, extend and revoke API tokens.

    Users create them on their profile.
    """


@tokens.command("list")
@format_option
@needs_database
def list_tokens(form: str) -> None:
    """List all tokens that are not revoked, and when they end."""
    demand(Action.USERS)
    unrevoked = (
        ApiToken.objects.filter(revoked_at=None).select_related("user__service").order_by("expires_at", "pk")
    )
    records = (_as_record(token) for token in unrevoked)
    if form == "json":
        print_json_array(records)
    elif form == "csv":
        print_csv(list(HEADINGS), records)
    else:
        print_table(HEADINGS, records, "No tokens.")


def _as_record(token: ApiToken) -> Record:
    return {
        "id": token.pk,
        "name": token.name,
        "owner": token.user.username,
        "permissions": " ".join(token.permitted),
        "ends": token.ends_at.isoformat(),
        "last_used": token.last_used_at.isoformat() if token.last_used_at else None,
        "last_used_from": token.last_used_from,
    }


@tokens.command()
@click.argument("number", type=int)
@needs_database
def revoke(number: int) -> None:
    """End access with a token at once."""
    actor = demand(Action.USERS)
    token = _numbered(number)
    revoke_token(token, actor)
    echo(f"“{token.name}” of {token.user.username} is revoked.")


@tokens.command()
@click.argument("number", type=int)
@click.argument("until", type=click.DateTime(["%Y-%m-%d"]))
@needs_database
def extend(number: int, until: datetime) -> None:
    """Let a token last until the end of a day (YYYY-MM-DD, in UTC)."""
    actor = demand(Action.USERS)
    token = _numbered(number)
    extend_token(token, end_of(until.date()), actor)
    echo(f"“{token.name}” of {token.user.username} ends on {until:%Y-%m-%d}.")


def _numbered(number: int) -> ApiToken:
    token = ApiToken.objects.select_related("user").filter(pk=number).first()
    if token is None:
        raise WrongUse(f"There is no token {number}.", "See: usher tokens list")
    return token
