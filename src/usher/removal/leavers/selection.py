"""People who were chosen on one page and are shown on the next, where they are too many for an address."""

import secrets
from collections.abc import Iterable

from django.contrib.sessions.backends.base import SessionBase
from django.http import QueryDict
from django.urls import reverse

from usher.removal.leavers.candidates import AT_ONCE
from usher.removal.models import Case

IN_ADDRESS = 100
KEPT = "people_chosen"
KEPT_AT_MOST = 5


def address_for(keys: Iterable[int], cause: Case.Cause, session: SessionBase) -> str:
    """Of the page that asks what is to be done with these people; the first AT_ONCE of them."""
    chosen = list(dict.fromkeys(keys))[: AT_ONCE + 1]
    query = QueryDict(mutable=True)
    query["cause"] = cause
    if len(chosen) > IN_ADDRESS:
        query["selection"] = _keep(chosen, session)
    else:
        query.setlist("person", [str(key) for key in chosen])
    return f"{reverse('removal:new')}?{query.urlencode()}"


def _keep(keys: list[int], session: SessionBase) -> str:
    name = secrets.token_urlsafe(6)
    kept = dict(session.get(KEPT, {}))
    while len(kept) >= KEPT_AT_MOST:
        kept.pop(next(iter(kept)))
    session[KEPT] = {**kept, name: keys}
    return name


def keys_in(asked: QueryDict, session: SessionBase) -> list[int]:
    """The people whom an address or a form names. What is no key is passed over."""
    named = [
        int(text) for text in asked.getlist("person") if text.isascii() and text.isdigit() and len(text) < 19
    ]
    kept = session.get(KEPT, {}).get(asked.get("selection", ""), [])
    return list(dict.fromkeys([*named, *kept]))
