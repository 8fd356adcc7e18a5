"""`usher users`, and `usher sign-in-link` for the first account or a lost password."""

from ipaddress import ip_address

import click
from django.conf import settings
from django.urls import reverse

from usher.access.mfa.reset import reset_second_factor
from usher.access.models import SignInLink, User
from usher.access.roles import Action, UserRole
from usher.access.scope.change import change_scope, shown_scope
from usher.access.throttle.unlocking import unlock
from usher.access.users.accounts import add_user, change_role, make_sign_in_link
from usher.access.users.accounts import deactivate as end
from usher.access.users.accounts import reactivate as begin_again
from usher.access.users.address_changes import change_address
from usher.access.users.addresses import as_user_name
from usher.cli.errors import Failed, WrongUse
from usher.cli.identity import demand
from usher.cli.lookup import connection_named
from usher.cli.options import format_option
from usher.cli.output import Record, echo, print_csv, print_json_array, print_table
from usher.cli.runtime import needs_database
from usher.ledger.actors import SYSTEM, Actor

ROLES = click.Choice(["viewer", "operator", "approver", "admin"], case_sensitive=False)
HEADINGS = {
    "email": "E-mail",
    "name": "Name",
    "role": "Role",
    "sees": "Sees",
    "active": "Active",
    "last_login": "Last sign-in",
}


def link_for(user: User | None, actor: Actor | None = None) -> str:
    """A new link that signs in once. Without a user, it creates the first account."""
    token = make_sign_in_link(user, actor or SYSTEM) if user else SignInLink.issue()
    return f"{settings.USHER_BASE_URL}{reverse('access:welcome', args=[token])}"


def show_way_in() -> None:
    """Prints the address and, while there is no account, the link that makes the first one."""
    echo(f"Usher is at {settings.USHER_BASE_URL}")
    if not User.objects.exists():
        echo("Create the first account here (works once, within 24 hours):", "", f"  {link_for(None)}", "")


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
        echo(link_for(None))
        return
    user = User.objects.filter(username__iexact=username, is_active=True).first()
    if user is None:
        raise Failed(f"There is no account “{username}”.")
    echo(link_for(user, actor))


@click.group()
def users() -> None:
    """List and change users and their roles."""


@users.command("reset-second-factor")
@click.argument("email")
@needs_database
def reset_factor(email: str) -> None:
    """Remove somebody's second factors, such as after a lost phone.

    Their sessions end, and they can add a new one after signing in.
    """
    actor = demand(Action.USERS)
    person = _named(email)
    reset_second_factor(person, actor)
    echo(f"{person.username} has no second factor now.")


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
        "sees": shown_scope(user.seen),
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
    echo(
        f"{person.username} now has the role {role}. This link signs them in once, within 24 hours:", err=True
    )
    echo(link_for(person, actor))


@users.command()
@click.argument("email")
@click.argument("role", type=ROLES)
@click.option("--revoke-tokens", is_flag=True, help="Also revoke the user's API tokens.")
@needs_database
def role(email: str, role: str, revoke_tokens: bool) -> None:
    """Give a user another role. Their sessions and open sign-in links end."""
    actor = demand(Action.USERS)
    person = _named(email)
    change_role(person, UserRole(role), actor, end_api_tokens=revoke_tokens)
    echo(f"{person.username} now has the role {role}.")


@users.command()
@click.argument("email")
@click.option("--connection", "names", multiple=True, help="The name of a connection. Can be repeated.")
@click.option("--all", "sees_all", is_flag=True, help="No limit: all connections, also future ones.")
@needs_database
def limit(email: str, names: tuple[str, ...], *, sees_all: bool) -> None:
    """Limit a user to connections, in pages, exports, the API and commands."""
    if bool(names) == sees_all:
        raise click.UsageError("Name connections with --connection, or say --all.")
    actor = demand(Action.USERS)
    person = _named(email)
    change_scope(person, None if sees_all else [connection_named(name).pk for name in names], actor)
    person.refresh_from_db(fields=["scope"])
    echo(f"{person.username} now sees: {shown_scope(person.seen)}.")


@users.command()
@click.argument("email")
@needs_database
def deactivate(email: str) -> None:
    """Deactivate a user. Their sessions, sign-in links and API tokens end at once."""
    actor = demand(Action.USERS)
    person = _named(email)
    end(person, actor)
    echo(f"{person.username} is deactivated.")


@users.command()
@click.argument("email")
@needs_database
def reactivate(email: str) -> None:
    """Activate a user again, with their previous role."""
    actor = demand(Action.USERS)
    person = _named(email)
    begin_again(person, actor)
    echo(f"{person.username} is active again.")


@users.command()
@click.argument("email")
@click.argument("new_email")
@click.option("--revoke-tokens", is_flag=True, help="Also revoke the user's API tokens.")
@needs_database
def address(email: str, new_email: str, revoke_tokens: bool) -> None:
    """Give a user another e-mail address. Their sessions and open sign-in links end."""
    actor = demand(Action.USERS)
    person = _named(email)
    change_address(person, new_email, actor, end_api_tokens=revoke_tokens)
    person.refresh_from_db()
    echo(f"{email} now signs in as {person.username}.")


@users.command("unlock")
@click.argument("email", required=False)
@click.option("--address", help="An IP address from which too many attempts came.")
@needs_database
def unlock_user(email: str | None, address: str | None) -> None:
    """Let a user, or an IP address, try to sign in again at once."""
    actor = demand(Action.USERS)
    if (email is None) == (address is None):
        raise WrongUse("Name either a user or an IP address.", "See: usher users unlock --help")
    waiting = unlock(actor, user=_named(email)) if email else unlock(actor, address=_ip(address or ""))
    echo(f"{email or address} can try again." if waiting else f"{email or address} did not have to wait.")


def _ip(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError as error:
        raise WrongUse(f"“{text}” is not an IP address.", "Such as 192.0.2.1") from error


def _named(email: str) -> User:
    person = User.objects.filter(username=as_user_name(email)).first()
    if person is None:
        raise WrongUse(f"Nobody signs in to Usher as “{email}”.", "See: usher users list")
    return person
