"""Who may do what: roles, actions, and how a page says what it needs."""

from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar, cast

from django.contrib.auth import get_user_model
from django.db import models
from django.http import HttpRequest, HttpResponseBase

from usher.ledger.actors import SERVICE, Actor
from usher.platform.scope import current_scope
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

NEEDS_FRESH_PROOF = {
    Action.APPROVE,
    Action.RESTORE,
    Action.RESUME_REMOVALS,
    Action.CONNECT,
    Action.SETTINGS,
    Action.USERS,
}
"""Before a change of these kinds, users prove again who they are, if their last proof is too old (access.guard)."""

IN_WORDS = {
    Action.READ: "see this",
    Action.SYNC: "sync and test connections",
    Action.OPEN_CASES: "open and cancel cases, answer remarks and keep the list of licences to pause",
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

OF_THE_WHOLE_INSTALLATION = frozenset({Action.SETTINGS, Action.RESUME_REMOVALS})
"""Actions that concern every connection. Whoever is limited to some may not do them, whatever their role."""

FOR_PEOPLE_ONLY = frozenset({Action.APPROVE, Action.RESTORE, Action.RESUME_REMOVALS, Action.USERS})
"""What no service account may do, whatever it was given."""

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


class SeesNotAll(NotAllowed):
    """The role allows the action, but it concerns every connection, and the user is limited to some."""

    def __init__(self, action: Action) -> None:
        super().__init__(action)
        self.message = "This concerns every connection, and you are limited to some."
        self.args = (self.message,)


class TokenDoesNotPermit(NotAllowed):
    """The owner of an API token may, but the token does not permit it."""

    def __init__(self, action: Action, *, is_service: bool = False) -> None:
        self.action = action
        Refused.__init__(
            self,
            f"This API token does not permit to {IN_WORDS[action]}.",
            "An admin can let the service account do it."
            if is_service
            else "Create one that does, on your profile.",
        )


class ForPeopleOnly(NotAllowed):
    """A service account wanted to do what a person decides."""

    def __init__(self, action: Action) -> None:
        super().__init__(action)
        self.message = "A service account may not do this: a person decides it."
        self.args = (self.message,)


class TokenIsLesser(NotAllowed):
    """A token that permits less than its owner may is not its owner, where it is about their own account."""

    def __init__(self) -> None:
        self.action = Action.READ
        Refused.__init__(
            self,
            "This API token permits less than you may, so it changes nothing of your own account.",
            "Do it on your profile, or create a token with all permissions.",
        )


def _ask_one_of(action: Action) -> str:
    able = get_user_model().objects.filter(is_active=True, role__in=roles_that_may(action)).order_by("email")
    if action in OF_THE_WHOLE_INSTALLATION:
        able = able.filter(scope=None)
    names = [user.get_full_name() for user in able[: NAMED_AT_MOST + 1]]
    if not names:
        return "No user has one of these roles. Assign it with `usher users role`."
    more = " and others" if len(names) > NAMED_AT_MOST else ""
    return f"Ask one of: {', '.join(names[:NAMED_AT_MOST])}{more}."


def require(user: "User", action: Action) -> None:
    """Raises NotAllowed, also where the user or their token is limited to some connections and it concerns all."""
    if user.is_service:
        _require_of_service(user, action)
    if not (user.is_active and may(user.role, action)):
        raise NotAllowed(action)
    if action in OF_THE_WHOLE_INSTALLATION:
        require_all_connections(user, action)
    if not user.may(action):
        raise TokenDoesNotPermit(action)


def _require_of_service(user: "User", action: Action) -> None:
    if action in FOR_PEOPLE_ONLY:
        raise ForPeopleOnly(action)
    if not (user.limited_to and action in user.limited_to):
        raise TokenDoesNotPermit(action, is_service=True)


def require_person(actor: Actor, action: Action) -> None:
    """For decisions that the action alone does not tell from lesser ones. Raises ForPeopleOnly."""
    if actor.kind == SERVICE:
        raise ForPeopleOnly(action)


def require_as_oneself(user: "User") -> None:
    """For a change of the own account, which takes no role. Raises TokenIsLesser."""
    if user.limited_to is not None and any(
        may(user.role, action) and action not in user.limited_to for action in Action
    ):
        raise TokenIsLesser


def require_all_connections(user: "User", action: Action) -> None:
    """Raises SeesNotAll."""
    if user.seen.is_limited or current_scope().is_limited:
        raise SeesNotAll(action)


def needs(
    action: Action,
    *,
    to_change: Action | None = None,
    asks_early: bool = False,
    of_all_connections: bool = False,
) -> "Callable[[View[P, R]], View[P, R]]":
    """A view for users who may do `action`. Others see a page that says who may.

    A request that changes something (POST) needs `to_change` instead, if it is given. What is in NEEDS_FRESH_PROOF
    asks for a proof before a change; with `asks_early`, before the form is shown (for long forms and secrets).
    `of_all_connections`: nobody who is limited to some may see it.
    """

    def decorate(view: "View[P, R]") -> "View[P, R]":
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> R:
            wanted = to_change if to_change and is_unsafe(request) else action
            require(signed_in(request), wanted)
            if of_all_connections:
                require_all_connections(signed_in(request), wanted)
            return view(request, *args, **kwargs)

        guarded.needs = to_change or action  # type: ignore[attr-defined]  # read by access.guard
        guarded.asks_early = asks_early  # type: ignore[attr-defined]
        return guarded

    return decorate


def own_account(view: "View[P, R]") -> "View[P, R]":
    """A view of the user's own account: open to every role."""
    view.needs = None  # type: ignore[attr-defined]  # read by access.guard
    return view


def own_account_always(view: "View[P, R]") -> "View[P, R]":
    """Like own_account, and also open to users who still have to set up a required second factor."""
    view.open_without_second_factor = True  # type: ignore[attr-defined]  # read by access.mfa.middleware
    return own_account(view)


def is_unsafe(request: HttpRequest) -> bool:
    return request.method not in ("GET", "HEAD", "OPTIONS", "TRACE")


def signed_in(request: HttpRequest) -> "User":
    """The user who is signed in, or the owner of the API token."""
    user = getattr(request, "auth", None) or request.user
    assert user.is_authenticated  # LoginRequiredMiddleware, or the API's authentication, sees to it
    return cast("User", user)
