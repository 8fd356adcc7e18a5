"""`usher service-accounts`: programs that act in nobody's name."""

from datetime import datetime, timedelta

import click
from django.utils import timezone

from usher.access.models import ServiceAccount
from usher.access.permissions import FOR_SERVICE_ACCOUNTS
from usher.access.roles import Action
from usher.access.scope.change import shown_scope
from usher.access.service_accounts.accounts import (
    Terms,
    add_service_account,
    make_service_token,
    switch_service_account,
)
from usher.access.tokens.api_tokens import DEFAULT_DAYS, end_of
from usher.cli.errors import WrongUse
from usher.cli.identity import acting_person, demand
from usher.cli.lookup import connection_named
from usher.cli.options import format_option
from usher.cli.output import Record, echo, print_csv, print_json_array, print_table
from usher.cli.runtime import needs_database

HEADINGS = {"id": "No.", "name": "Name", "may": "May", "sees": "Sees", "state": "Account", "ends": "Ends"}
MAY = [str(each) for each in FOR_SERVICE_ACCOUNTS]


@click.group("service-accounts")
def service_accounts() -> None:
    """List, add and end service accounts.

    A program acts with a token of one. It never signs in and approves nothing.
    """


@service_accounts.command("list")
@format_option
@needs_database
def list_service_accounts(form: str) -> None:
    """List all service accounts, what they may do, and until when."""
    demand(Action.USERS)
    found = ServiceAccount.objects.select_related("account").order_by("account__username")
    records = (_as_record(each) for each in found)
    if form == "json":
        print_json_array(records)
    elif form == "csv":
        print_csv(list(HEADINGS), records)
    else:
        print_table(HEADINGS, records, "No service accounts.")


def _as_record(service: ServiceAccount) -> Record:
    return {
        "id": service.pk,
        "name": service.account.username,
        "may": " ".join(service.permissions),
        "sees": shown_scope(service.account.seen),
        "state": service.state,
        "ends": service.ends_at.isoformat(),
    }


@service_accounts.command()
@click.argument("name")
@click.option("--for", "purpose", required=True, help="What it is for.")
@click.option("--may", multiple=True, type=click.Choice(MAY), default=["read"], show_default=True)
@click.option(
    "--connection", "names", multiple=True, help="The name of a connection that it sees; without, all."
)
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="Its last day; without, a year from now.")
@needs_database
def add(
    name: str, purpose: str, may: tuple[str, ...], names: tuple[str, ...], until: datetime | None
) -> None:
    """Add a service account. `token` then creates a token for it."""
    actor = demand(Action.USERS)
    day = until or timezone.now() + timedelta(days=365)
    terms = Terms(
        purpose=purpose,
        permissions=may,
        ends_at=end_of(day.date()),
        connections=[connection_named(each).pk for each in names] or None,
        contact=acting_person(),
    )
    service = add_service_account(name, terms, actor)
    echo(
        f"“{service.account.username}” is made. See: usher service-accounts token {service.account.username} NAME"
    )


@service_accounts.command()
@click.argument("name")
@click.argument("place")
@click.option("--days", type=int, default=DEFAULT_DAYS, show_default=True)
@needs_database
def token(name: str, place: str, days: int) -> None:
    """Print a new token, once. PLACE says where it is used."""
    actor = demand(Action.USERS)
    echo(make_service_token(_named(name), place, actor, days=days))


@service_accounts.command()
@click.argument("name")
@needs_database
def deactivate(name: str) -> None:
    """End a service account and revoke all its tokens."""
    actor = demand(Action.USERS)
    switch_service_account(_named(name), actor, on=False)
    echo(f"“{name}” is deactivated, and its tokens are revoked.")


@service_accounts.command()
@click.argument("name")
@needs_database
def activate(name: str) -> None:
    """Let a service account have tokens again."""
    actor = demand(Action.USERS)
    switch_service_account(_named(name), actor, on=True)
    echo(f"“{name}” is active again, without tokens.")


def _named(name: str) -> ServiceAccount:
    found = ServiceAccount.objects.select_related("account").filter(account__username=name).first()
    if found is None:
        raise WrongUse(f"There is no service account “{name}”.", "See: usher service-accounts list")
    return found
