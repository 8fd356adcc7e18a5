"""Who a command acts for: the OS user, as an admin, or the person named by `--as`."""

import os
import pwd
from typing import TYPE_CHECKING

import click

from usher.cli.runtime import Failed

if TYPE_CHECKING:
    from usher.access.models import User
    from usher.access.roles import Action
    from usher.ledger.actors import Actor


def as_person(command: click.Group) -> click.Group:
    """Adds `--as` to the whole command line."""
    option = click.option(
        "--as",
        "as_email",
        envvar="USHER_AS",
        metavar="EMAIL",
        help="Act as this person of Usher, with their role. Default: the user of this machine, as an admin.",
    )
    return option(command)


def acting() -> "Actor":
    """Who the ledger names. Raises Failed for a person who is unknown or deactivated."""
    from usher.ledger.actors import Actor

    machine_user = _machine_user()
    via = f"command line ({machine_user})"
    person = _person()
    if person is not None:
        return Actor("person", person.username, person.pk, via)
    return Actor("command", os.environ.get("SUDO_USER") or machine_user, via=via)


def demand(action: "Action") -> "Actor":
    """Who acts, where they may do this. Raises Failed where their role does not allow it."""
    from usher.access.roles import NotAllowed, require

    person = _person()
    if person is not None:
        try:
            require(person, action)
        except NotAllowed as error:
            raise Failed(error.message, error.remedy) from error
    return acting()


def _person() -> "User | None":
    from usher.access.models import User

    context = click.get_current_context(silent=True)
    email = context.find_root().params.get("as_email") if context else None
    if not email:
        return None
    person = User.objects.filter(username=email.strip().lower()).first()
    if person is None:
        raise Failed(f"Nobody signs in to Usher as “{email}”.", "See: usher users list")
    if not person.is_active:
        raise Failed(f"The account of {person.username} is deactivated.", "Act as somebody else.")
    return person


def _machine_user() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a number without a name, as in some containers
        return f"uid {os.getuid()}"
