"""Sessions that a one-time link opened: who made the link counts with what is done in them."""

from dataclasses import dataclass

from django.http import HttpRequest

from usher.access.models import ApiToken, SignInLink

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

    None where the session began in another way: by a password, a passkey or an identity provider.
    """
    token = getattr(request, "api_token", None)
    if isinstance(token, ApiToken):
        known = token.link_made_by_id is not None or token.link_made_by_name
        return LinkMaker(token.link_made_by_id, token.link_made_by_name) if known else None
    remembered = request.session.get(MADE_BY)
    return LinkMaker(*remembered) if remembered else None


def may_replace_password(request: HttpRequest) -> bool:
    """Whether the old password need not be known: whoever made the link vouches for the user, once."""
    return bool(request.session.get(PROVES_THE_OWNER))


def password_was_replaced(request: HttpRequest) -> None:
    """From now on the old password is asked for. Who made the link stays known until the session ends."""
    request.session.pop(PROVES_THE_OWNER, None)
