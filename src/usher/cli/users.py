"""`usher users`, and `usher sign-in-link` for the first account or a lost password."""

import click
from django.conf import settings
from django.urls import reverse

from usher.access.models import SignInLink, User
from usher.access.roles import Action, UserRole
from usher.access.users.accounts import add_user, change_role, make_sign_in_link
from usher.access.users.accounts import deactivate as end
from usher.access.users.accounts import reactivate as begin_again
from usher.cli.errors import Failed, WrongUse
from usher.cli.identity import demand
from usher.cli.options import format_option
from usher.cli.output import Record, print_csv, print_json_array, print_table
from usher.cli.runtime import needs_database
from usher.ledger.actors import SYSTEM, Actor

ROLES = click.Choice(["viewer", "operator", "approver", "admin"], case_sensitive=False)
HEADINGS = {
    "email": "E-mail",
    "name": "Name",
    "role": "Role",
    "active": "Active",
    "last_login": "Last sign-in",
}


def link_for(user: User | None, actor: Actor | None = None) -> str:
    """A new link that signs in once. Without a user, it creates the first account."""
    token = make_sign_in_link(user, actor or SYSTEM) if user else SignInLink.issue()
    return f"{settings.USHER_BASE_URL}{reverse('access:welcome', args=[token])}"


def show_way_in() -> None:
    """Prints the address and, while there is no account, the link that makes the first one."""
    click.echo(f"Usher is at {settings.USHER_BASE_URL}")
    if not User.objects.exists():
        click.echo(f"Create the first account here (works once, within 24 hours):\n\n  {link_for(None)}\n")


@click.command("sign-in-link")
@click.argument("username", required=False)
@needs_database
def sign_in_link(username: str | None) -> None:
    """Print a link that signs in once.

    As USERNAME or, while there is no account, to create the first one.
    """
    actor = demand(Action.USERS)
    if username is None:
        if User.objects.exists():
            names = ", ".join(User.objects.values_list("username", flat=True))
            raise Failed("There are already accounts.", f"Name one of them: {names}.")
        click.echo(link_for(None))
        return
    user = User.objects.filter(username__iexact=username, is_active=True).first()
    if user is None:
        raise Failed(f"There is no account “{username}”.")
    click.echo(link_for(user, actor))


@click.group()
def users() -> None:
    """List and change users and their roles."""


@users.command("list")
@format_option
@needs_database
def list_users(form: str) -> None:
    """List all users."""
    demand(Action.USERS)
    records = (_as_record(user) for user in User.objects.order_by("username"))
    if form == "json":
        print_json_array(records)
    elif form == "csv":
        print_csv(list(HEADINGS), records)
    else:
        print_table(HEADINGS, records, "Nobody yet. The first account: usher sign-in-link")


def _as_record(user: User) -> Record:
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
    """Create an account, and print the link with which its owner sets a password."""
    actor = demand(Action.USERS)
    person = add_user(email, UserRole(role), actor, name)
    click.echo(
        f"{person.username} now has the role {role}. This link signs them in once, within 24 hours:", err=True
    )
    click.echo(link_for(person, actor))


@users.command()
@click.argument("email")
@click.argument("role", type=ROLES)
@needs_database
def role(email: str, role: str) -> None:
    """Give a user another role."""
    actor = demand(Action.USERS)
    person = _named(email)
    change_role(person, UserRole(role), actor)
    click.echo(f"{person.username} now has the role {role}.")


@users.command()
@click.argument("email")
@needs_database
def deactivate(email: str) -> None:
    """Deactivate a user. Their sessions, sign-in links and API tokens end at once."""
    actor = demand(Action.USERS)
    person = _named(email)
    end(person, actor)
    click.echo(f"{person.username} is deactivated.")


@users.command()
@click.argument("email")
@needs_database
def reactivate(email: str) -> None:
    """Activate a user again, with their previous role."""
    actor = demand(Action.USERS)
    person = _named(email)
    begin_again(person, actor)
    click.echo(f"{person.username} is active again.")


def _named(email: str) -> User:
    person = User.objects.filter(username=email.strip().lower()).first()
    if person is None:
        raise WrongUse(f"Nobody signs in to Usher as “{email}”.", "See: usher users list")
    return person
