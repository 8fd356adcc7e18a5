"""`usher users`, and `usher sign-in-link`: the way in when there is no account yet, or a password is lost."""

from typing import TYPE_CHECKING

import click

from usher.cli.identity import demand
from usher.cli.output import Record, print_csv, print_json_array, print_table
from usher.cli.runtime import Failed, WrongUse, needs_database

if TYPE_CHECKING:
    from usher.access.models import User
    from usher.access.people import CannotChange
    from usher.ledger.actors import Actor

ROLES = click.Choice(["viewer", "operator", "approver", "admin"], case_sensitive=False)
HEADINGS = {
    "email": "E-mail",
    "name": "Name",
    "role": "Role",
    "active": "Active",
    "last_login": "Last sign-in",
}


def link_for(user: "User | None", actor: "Actor | None" = None) -> str:
    """A fresh link that signs in once; without a user, to make the first account."""
    from django.conf import settings
    from django.urls import reverse

    from usher.access.models import SignInLink
    from usher.access.people import make_sign_in_link
    from usher.ledger.actors import SYSTEM

    token = make_sign_in_link(user, actor or SYSTEM) if user else SignInLink.issue()
    return f"{settings.USHER_BASE_URL}{reverse('access:welcome', args=[token])}"


@click.command("sign-in-link")
@click.argument("username", required=False)
@needs_database
def sign_in_link(username: str | None) -> None:
    """Print a link that signs in once: as USERNAME, or, while nobody can sign in, to make the first account."""
    from usher.access.models import User
    from usher.access.roles import Action

    actor = demand(Action.PEOPLE)
    if username is None:
        if User.objects.exists():
            names = ", ".join(User.objects.values_list("username", flat=True))
            raise Failed("There are accounts already.", f"Say whose link it shall be: {names}.")
        click.echo(link_for(None))
        return
    user = User.objects.filter(username__iexact=username, is_active=True).first()
    if user is None:
        raise Failed(f"There is no account “{username}”.")
    click.echo(link_for(user, actor))


@click.group()
def users() -> None:
    """People who sign in to Usher, and what they may do."""


@users.command("list")
@click.option(
    "--format", "form", type=click.Choice(["table", "json", "csv"]), default="table", show_default=True
)
@needs_database
def list_users(form: str) -> None:
    """List everyone with an account."""
    from usher.access.models import User
    from usher.access.roles import Action

    demand(Action.PEOPLE)
    records = (_as_record(user) for user in User.objects.order_by("username"))
    if form == "json":
        print_json_array(records)
    elif form == "csv":
        print_csv(list(HEADINGS), records)
    else:
        print_table(HEADINGS, records, "Nobody yet. The first account: usher sign-in-link")


def _as_record(user: "User") -> Record:
    return {
        "email": user.username,
        "name": user.name,
        "role": user.role,
        "active": user.is_active,
        "last_login": user.last_login.isoformat() if user.last_login else None,
    }


@users.command()
@click.argument("email")
@click.option("--role", type=ROLES, required=True)
@click.option("--name", default="")
@needs_database
def add(email: str, role: str, name: str) -> None:
    """Make an account, and print the link that lets its owner in once, to set a password."""
    from usher.access.people import CannotChange, add_person
    from usher.access.roles import Action, Role

    actor = demand(Action.PEOPLE)
    try:
        person = add_person(email, Role(role), actor, name)
    except CannotChange as error:
        raise _failed(error) from error
    click.echo(f"{person.username} is {role} now. This link signs them in once, within 24 hours:", err=True)
    click.echo(link_for(person, actor))


@users.command()
@click.argument("email")
@click.argument("role", type=ROLES)
@needs_database
def role(email: str, role: str) -> None:
    """Give somebody another role."""
    from usher.access.people import CannotChange, change_role
    from usher.access.roles import Action, Role

    actor = demand(Action.PEOPLE)
    person = _named(email)
    try:
        change_role(person, Role(role), actor)
    except CannotChange as error:
        raise _failed(error) from error
    click.echo(f"{person.username} is {role} now.")


@users.command()
@click.argument("email")
@needs_database
def deactivate(email: str) -> None:
    """Let somebody in no more: ends sessions, sign-in links and API tokens at once."""
    from usher.access.people import CannotChange
    from usher.access.people import deactivate as end
    from usher.access.roles import Action

    actor = demand(Action.PEOPLE)
    person = _named(email)
    try:
        end(person, actor)
    except CannotChange as error:
        raise _failed(error) from error
    click.echo(f"{person.username} is deactivated.")


@users.command()
@click.argument("email")
@needs_database
def reactivate(email: str) -> None:
    """Let somebody in again, with the role of before."""
    from usher.access.people import reactivate as begin_again
    from usher.access.roles import Action

    actor = demand(Action.PEOPLE)
    person = _named(email)
    begin_again(person, actor)
    click.echo(f"{person.username} is active again.")


def _named(email: str) -> "User":
    from usher.access.models import User

    person = User.objects.filter(username=email.strip().lower()).first()
    if person is None:
        raise WrongUse(f"Nobody signs in to Usher as “{email}”.", "See: usher users list")
    return person


def _failed(error: "CannotChange") -> Failed:
    return Failed(error.message, error.remedy)


COMMANDS = [sign_in_link, users]
