"""Who acts in a command: the user named by `--as`, or the user of the machine, as an admin."""

import os
import pwd

import click

from usher.access.acting import actor_for
from usher.access.models import User
from usher.access.roles import Action, UserRole, require, require_all_connections
from usher.access.users.addresses import as_user_name
from usher.cli.errors import Failed
from usher.ledger.actors import Actor
from usher.platform.scope import enter_scope, whole_installation


def acting() -> Actor:
    """Whom the ledger names. Raises Failed for a user who is unknown or deactivated."""
    machine_user = _machine_user()
    via = f"command line ({machine_user})"
    person = acting_person()
    if person is not None:
        return actor_for(person, via)
    return Actor("command", os.environ.get("SUDO_USER") or machine_user, via=via, role=UserRole.ADMIN)


def demand(action: Action, *, of_all_connections: bool = False) -> Actor:
    """Who acts. Raises NotAllowed where their role does not allow the action.

    From here on, the command sees the connections that they may see.
    """
    person = acting_person()
    if person is not None:
        require(person, action)
        if of_all_connections:
            require_all_connections(person, action)
    return acting()


def acting_person() -> User | None:
    """Whom `--as` names, in whose scope the command goes on; None without it. Raises Failed."""
    context = click.get_current_context(silent=True)
    email = context.find_root().params.get("as_email") if context else None
    if not email:
        return None
    with whole_installation():
        person = User.objects.filter(username=as_user_name(email)).first()
    if person is None:
        raise Failed(f"Nobody signs in to Usher as “{email}”.", "See: usher users list")
    if not person.is_active:
        raise Failed(f"The account of {person.username} is deactivated.", "Act as somebody else.")
    enter_scope(person.seen)
    return person


def _machine_user() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a number without a name, as in some containers
        return f"uid {os.getuid()}"
