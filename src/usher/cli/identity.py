"""Who acts in a command: the user named by `--as`, or the user of the machine, as an admin."""

import os
import pwd

import click

from usher.access.models import User
from usher.access.roles import Action, UserRole, actor_for, require
from usher.cli.errors import Failed
from usher.ledger.actors import Actor


def acting() -> Actor:
    """Whom the ledger names. Raises Failed for a user who is unknown or deactivated."""
    machine_user = _machine_user()
    via = f"command line ({machine_user})"
    person = _person()
    if person is not None:
        return actor_for(person, via)
    return Actor("command", os.environ.get("SUDO_USER") or machine_user, via=via, role=UserRole.ADMIN)


def demand(action: Action) -> Actor:
    """Who acts. Raises NotAllowed where their role does not allow the action."""
    person = _person()
    if person is not None:
        require(person, action)
    return acting()


def _person() -> User | None:
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
