"""Who acts: the person of a session, or the owner of a token, as the ledger names them."""

from dataclasses import replace
from typing import TYPE_CHECKING

from django.http import HttpRequest

from usher.access.roles import Action, UserRole, may, signed_in
from usher.ledger.actors import SERVICE, Actor

if TYPE_CHECKING:
    from usher.access.models import ApiToken, User


def actor_of(request: HttpRequest) -> Actor:
    from usher.access.users.link_sessions import link_maker  # which needs the models, which need the roles

    token = getattr(request, "api_token", None)
    if token is not None:
        return actor_of_token(token, via="api")
    actor = actor_for(signed_in(request), via="page")
    maker = link_maker(request)
    return replace(actor, let_in_by=maker.name, let_in_by_id=maker.user_id) if maker else actor


def actor_of_token(token: "ApiToken", via: str) -> Actor:
    """The owner of an API token, as far as the token goes: from `find_token`."""
    from usher.access.users.link_sessions import maker_of_token

    user = token.user
    kind, role = "token", user.role
    if user.is_service:
        # No decision rests on it, and whoever made its token could be the one who uses it.
        kind, role = SERVICE, UserRole.OPERATOR if may(role, Action.APPROVE) else role
    elif user.role == UserRole.ADMIN and not user.may(Action.USERS):
        role = UserRole.APPROVER  # a decision does not rest on an admin whose token may not administer
    actor = Actor(kind, f"{user.username}: {token.name}", user.pk, via=via, role=role)
    maker = maker_of_token(token)
    return replace(actor, let_in_by=maker.name, let_in_by_id=maker.user_id) if maker else actor


def actor_for(user: "User", via: str) -> Actor:
    """The person of an account, with the role that the account has now."""
    return Actor("person", user.username, user.pk, via=via, role=user.role)


def is_admin(actor: Actor) -> bool:
    """The one place that says whether a decision may rest on an admin."""
    return actor.role == UserRole.ADMIN
