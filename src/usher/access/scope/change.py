"""Limiting a user to connections, and what a limited admin may do with the accounts of others."""

from collections.abc import Iterable

from django.apps import apps
from django.db import transaction

from usher.access.models import User
from usher.access.users.accounts import CannotChange, UsherNeedsAnAdmin, locked_account, subject_of
from usher.ledger.actors import Actor
from usher.ledger.record import record
from usher.platform.postgres.row_security import scoped_role_problem
from usher.platform.scope import Scope, current_scope, whole_installation


@transaction.atomic
def change_scope(user: User, connections: Iterable[int] | None, actor: Actor) -> None:
    """Limits a user to these connections; None: they see all, also future ones. Counts from the next request on.

    Raises CannotChange for the own account, for the last admin who sees all, and where it is more than the actor sees.
    """
    account, is_only_admin = locked_account(user)
    wanted = Scope.of(connections)
    before = Scope.of(account.scope)
    if wanted == before:
        return
    if account.pk == actor.user_id:
        raise CannotChange("You cannot change what you see yourself.", "Ask another admin.")
    check_within_own_scope(wanted)
    if wanted.is_limited:
        if is_only_admin:
            raise UsherNeedsAnAdmin(account)
        check_limits_work()
    account.scope = None if wanted.connections is None else sorted(wanted.connections)
    with whole_installation():  # whoever limits somebody to nothing sees them no more
        account.save(update_fields=["scope"])
    record(
        actor,
        "access.scope_changed",
        subject_of(account),
        before={"connections": scope_in_words(before)},
        after={"connections": scope_in_words(wanted)},
    )


def check_within_own_scope(wanted: Scope) -> None:
    """Raises CannotChange where somebody would give away more than they see."""
    if not current_scope().covers(wanted):
        raise CannotChange(
            "You can give access only to connections that you see yourself.",
            "Choose among these, or ask an admin who sees all.",
        )


def check_limits_work() -> None:
    """Raises CannotChange where the database would not hold the limit."""
    problem = scoped_role_problem()
    if problem:
        raise CannotChange(
            f"Nobody can be limited to connections: {problem}",
            "Let Usher's database user create the role, or create it as docs/roles.md says, and run `usher migrate`.",
        )


def named_connections() -> dict[int, str]:
    """Of those that are seen now: key → name, by name."""
    model = apps.get_model("connections", "Connection")  # which lies above accounts
    return {
        key: f"{name} (disconnected)" if ended else name
        for key, name, ended in model._default_manager.order_by("name").values_list(
            "pk", "name", "disconnected_at"
        )
    }


def scope_in_words(scope: Scope) -> str:
    """For the ledger, which names every connection."""
    with whole_installation():
        return shown_scope(scope)


def shown_scope(scope: Scope) -> str:
    """Such as “Acme, Beta”. What the viewer does not see is not named."""
    if scope.connections is None:
        return "All connections"
    names = named_connections()
    shown = [name for key, name in names.items() if key in scope.connections]
    if len(shown) < len(scope.connections):
        shown.append("others")
    return ", ".join(shown) or "No connection"
