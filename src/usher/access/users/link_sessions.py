"""Sessions that a one-time link opened: who made the link counts with what is done in them."""

from dataclasses import dataclass

from allauth.account.authentication import get_authentication_records
from django.http import HttpRequest

from usher.access.models import ApiToken, SignInLink, User

MADE_BY = "sign-in-link-made-by"
PROVES_THE_OWNER = "signed-in-by-link"


@dataclass(frozen=True)
class LinkMaker:
    """Who made the link that opened a session. Without an id: a user of the machine, by the command line."""

    user_id: int | None
    name: str


def remember_link(request: HttpRequest, link: SignInLink) -> None:
    """Call before the sign-in: a second factor may still be asked for. Nobody may be signed in."""
    request.session[MADE_BY] = [link.made_by_id, link.made_by_name]
    request.session[PROVES_THE_OWNER] = True


def forget_link(request: HttpRequest) -> None:
    """For a sign-in that was not by a link, after one by a link that was not finished."""
    request.session.pop(MADE_BY, None)
    request.session.pop(PROVES_THE_OWNER, None)


def link_maker(request: HttpRequest) -> LinkMaker | None:
    """Who made the link behind this session, or behind the session that made this API token.

    Also behind a session whose password was set in one that a link had opened. None where the session began in
    another way: by a password that its owner had before, or by an identity provider.
    """
    token = getattr(request, "api_token", None)
    if isinstance(token, ApiToken):
        return maker_of_token(token)
    remembered = request.session.get(MADE_BY)
    if remembered:
        return LinkMaker(*remembered)
    user = getattr(request, "user", None)
    if not isinstance(user, User) or not user.password_by_link_of or _is_by_identity_provider(request, user):
        return None
    return LinkMaker(user.password_by_link_of_id, user.password_by_link_of)


def maker_of_token(token: ApiToken) -> LinkMaker | None:
    """Who made the link behind the session that made this API token; None where there was no link."""
    known = token.link_made_by_id is not None or token.link_made_by_name
    return LinkMaker(token.link_made_by_id, token.link_made_by_name) if known else None


def may_replace_password(request: HttpRequest) -> bool:
    """Whether the old password need not be known: whoever made the link vouches for the user, once."""
    return bool(request.session.get(PROVES_THE_OWNER))


def password_was_replaced(request: HttpRequest, user: User) -> None:
    """From now on the old password is asked for. Who made the link stays known, also to sessions by this password."""
    maker = link_maker(request)
    user.password_by_link_of, user.password_by_link_of_id = (
        (maker.name, maker.user_id) if maker else ("", None)
    )
    user.save(update_fields=["password_by_link_of", "password_by_link_of_id"])
    request.session.pop(PROVES_THE_OWNER, None)


def _is_by_identity_provider(request: HttpRequest, user: User) -> bool:
    records = get_authentication_records(request, user)
    return any(record["method"] == "socialaccount" for record in records)
