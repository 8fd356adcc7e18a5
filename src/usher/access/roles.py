"""Who may do what: roles, actions, and how a page says what it needs."""

from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar, cast

from django.contrib.auth import get_user_model
from django.db import models
from django.http import HttpRequest, HttpResponseBase

from usher.ledger.actors import Actor
from usher.refusals import Refused

if TYPE_CHECKING:
    from usher.access.models import User

P = ParamSpec("P")
R = TypeVar("R", bound=HttpResponseBase)
View = Callable[Concatenate[HttpRequest, P], R]


class UserRole(models.TextChoices):
    """Each role may do everything that the roles before it may."""

    VIEWER = "viewer", "Viewer"
    OPERATOR = "operator", "Operator"
    APPROVER = "approver", "Approver"
    ADMIN = "admin", "Admin"


class Action(StrEnum):
    """What a role allows. The value follows "may": an operator may *open cases*."""

    READ = "read"
    SYNC = "sync"
    OPEN_CASES = "open_cases"
    STOP_REMOVALS = "stop_removals"
    IMPORT_DIRECTORY = "import_directory"
    MATCH = "match"
    APPROVE = "approve"
    RESTORE = "restore"
    RESUME_REMOVALS = "resume_removals"
    CONNECT = "connect"
    SETTINGS = "settings"
    USERS = "users"


LEAST_ROLE = {
    Action.READ: UserRole.VIEWER,
    Action.SYNC: UserRole.OPERATOR,
    Action.OPEN_CASES: UserRole.OPERATOR,
    Action.STOP_REMOVALS: UserRole.OPERATOR,
    Action.IMPORT_DIRECTORY: UserRole.OPERATOR,
    Action.MATCH: UserRole.OPERATOR,
    Action.APPROVE: UserRole.APPROVER,
    Action.RESTORE: UserRole.APPROVER,
    Action.RESUME_REMOVALS: UserRole.ADMIN,
    Action.CONNECT: UserRole.ADMIN,
    Action.SETTINGS: UserRole.ADMIN,
    Action.USERS: UserRole.ADMIN,
}

IN_WORDS = {
    Action.READ: "see this",
    Action.SYNC: "sync and test connections",
    Action.OPEN_CASES: "open and cancel cases and answer remarks",
    Action.STOP_REMOVALS: "stop all removals",
    Action.IMPORT_DIRECTORY: "import lists of people",
    Action.MATCH: "match people with employees",
    Action.APPROVE: "approve",
    Action.RESTORE: "restore people who were removed",
    Action.RESUME_REMOVALS: "resume removals",
    Action.CONNECT: "connect, change and disconnect accounts",
    Action.SETTINGS: "change settings",
    Action.USERS: "manage users",
}

NAMED_AT_MOST = 5


def may(role: str, action: Action) -> bool:
    """False for a role that does not exist."""
    return role in UserRole.values and UserRole.values.index(role) >= UserRole.values.index(
        LEAST_ROLE[action]
    )


def roles_that_may(action: Action) -> list[UserRole]:
    return [role for role in UserRole if may(role, action)]


def roles_in_words(action: Action) -> str:
    """Such as "an approver or admin"."""
    roles = [str(role.label).lower() for role in roles_that_may(action)]
    among = roles[0] if len(roles) == 1 else f"{', '.join(roles[:-1])} or {roles[-1]}"
    return f"{'an' if among[0] in 'aeiou' else 'a'} {among}"


class NotAllowed(Refused):
    """The role of a user does not allow an action. The message names the roles that do, the remedy users with one."""

    def __init__(self, action: Action) -> None:
        self.action = action
        super().__init__(f"Only {roles_in_words(action)} may {IN_WORDS[action]}.", _ask_one_of(action))

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}"


def _ask_one_of(action: Action) -> str:
    able = get_user_model().objects.filter(is_active=True, role__in=roles_that_may(action)).order_by("email")
    names = [user.get_full_name() for user in able[: NAMED_AT_MOST + 1]]
    if not names:
        return "No user has one of these roles. Assign it with `usher users role`."
    more = " and others" if len(names) > NAMED_AT_MOST else ""
    return f"Ask one of: {', '.join(names[:NAMED_AT_MOST])}{more}."


def require(user: "User", action: Action) -> None:
    """Raises NotAllowed."""
    if not user.may(action):
        raise NotAllowed(action)


def needs(action: Action, *, to_change: Action | None = None) -> "Callable[[View[P, R]], View[P, R]]":
    """A view for users who may do `action`. Others see a page that says who may.

    A request that changes something (POST) needs `to_change` instead, if it is given.
    """

    def decorate(view: "View[P, R]") -> "View[P, R]":
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> R:
            require(signed_in(request), to_change if to_change and is_unsafe(request) else action)
            return view(request, *args, **kwargs)

        guarded.needs = to_change or action  # type: ignore[attr-defined]  # read by access.guard
        return guarded

    return decorate


def own_account(view: "View[P, R]") -> "View[P, R]":
    """A view of the user's own account: open to every role."""
    view.needs = None  # type: ignore[attr-defined]  # read by access.guard
    return view


def is_unsafe(request: HttpRequest) -> bool:
    return request.method not in ("GET", "HEAD", "OPTIONS", "TRACE")


def signed_in(request: HttpRequest) -> "User":
    """The user who is signed in, or the owner of the API token."""
    user = getattr(request, "auth", None) or request.user
    assert user.is_authenticated  # LoginRequiredMiddleware, or the API's authentication, sees to it
    return cast("User", user)


def actor_of(request: HttpRequest) -> Actor:
    user = signed_in(request)
    token = getattr(request, "api_token", None)
    if token is not None:
        return Actor("token", f"{user.username}: {token.name}", user.pk, via="api", role=user.role)
    return actor_for(user, via="page")


def actor_for(user: "User", via: str) -> Actor:
    """The person of an account, with the role that the account has now."""
    return Actor("person", user.username, user.pk, via=via, role=user.role)


def is_admin(actor: Actor) -> bool:
    """The one place that says whether a decision may rest on an admin."""
    return actor.role == UserRole.ADMIN
