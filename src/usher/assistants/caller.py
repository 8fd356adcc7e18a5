"""Who speaks through an assistant: the same person as in the REST API, with fewer permissions."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace

from django.http import HttpRequest

from usher.access.acting import actor_of_token
from usher.access.models import ApiToken, User
from usher.access.roles import Action, UserRole, may, require
from usher.access.tokens.api_auth import note_use
from usher.access.tokens.api_tokens import find_token
from usher.ledger.actors import Actor
from usher.platform.scope import EVERYTHING, Scope
from usher.refusals import Refused

VIA = "assistant"
"""How cases, evidence and the ledger name this way of acting. Templates and evidence look for it."""

MOST = frozenset({Action.READ, Action.OPEN_CASES})
"""An assistant may do nothing else, whatever the role and the token of the person allow."""


class CallerRefused(Refused):
    """Nobody is let in with this token, or the account has ended since."""


@dataclass(frozen=True)
class Caller:
    """Whom the tools act for. `user` is None for the user of the machine that runs Usher."""

    actor: Actor
    scope: Scope = EVERYTHING
    user: User | None = None
    request: HttpRequest | None = None

    def require(self, action: Action) -> None:
        """Raises NotAllowed."""
        if action not in MOST:
            raise ValueError(f"No tool may {action}.")
        if self.user is not None:
            require(self.user, action)


CallerSource = Callable[[], Caller]
"""Asked with each call, so that a token that was revoked a moment ago opens nothing any more."""

_source: ContextVar[CallerSource] = ContextVar("assistants_caller")


@contextmanager
def calls_by(source: CallerSource) -> Iterator[None]:
    """In here, all calls come from whom `source` names."""
    token = _source.set(source)
    try:
        yield
    finally:
        _source.reset(token)


def caller_now() -> Caller:
    """Raises CallerRefused."""
    return _source.get()()


def by_token(api_token: ApiToken, request: HttpRequest | None = None) -> Caller:
    """The owner of a token from `find_token`."""
    actor = actor_of_token(api_token, VIA)
    return Caller(_lessened(actor), api_token.seen, _limited(api_token.user), request)


def by_token_text(text: str) -> Caller:
    """On the machine that runs Usher. Raises CallerRefused."""
    api_token = find_token(text)
    if api_token is None:
        raise CallerRefused(
            "The API token in USHER_TOKEN or --token-file is wrong, ended or was revoked.",
            f"It begins with “{ApiToken.PREFIX}”. A new one is made in Usher, under API tokens.",
        )
    note_use(api_token, None)
    return by_token(api_token)


def by_account(actor: Actor, user: User | None) -> Caller:
    """`actor`: from the command line. `user`: whose account it is; None for the user of the machine."""
    actor = replace(actor, via=f"{VIA}, {actor.via}")
    if user is None:
        return Caller(_lessened(actor))
    return Caller(_lessened(actor), user.seen, _limited(user))


def _lessened(actor: Actor) -> Actor:
    """No decision rests on what an assistant says: at most an operator speaks."""
    return replace(actor, role=UserRole.OPERATOR) if may(actor.role, Action.APPROVE) else actor


def _limited(user: User) -> User:
    user.limited_to = MOST if user.limited_to is None else user.limited_to & MOST
    return user
