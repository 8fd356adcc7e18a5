"""Hands the people selected on one page to the next: in its address, or in the session if they are too many."""

import secrets
from collections.abc import Iterable

from django.contrib.sessions.backends.base import SessionBase
from django.http import QueryDict
from django.urls import reverse

from usher.removal.leavers.candidates import AT_ONCE
from usher.removal.models import Case
from usher.web.lists import parse_ids

IN_ADDRESS = 100
KEPT = "people_chosen"
KEPT_AT_MOST = 5


def address_for(keys: Iterable[int], cause: Case.Cause, session: SessionBase) -> str:
    """The address of the page that opens cases for these people; for the first AT_ONCE of them."""
    query = QueryDict(mutable=True)
    query["cause"] = cause
    return _address("removal:new", keys, query, session)


def address_to_pause(keys: Iterable[int], session: SessionBase) -> str:
    """The address of the page that puts these people on the list of licences to pause."""
    return _address("removal:new_pauses", keys, QueryDict(mutable=True), session)


def _address(page: str, keys: Iterable[int], query: QueryDict, session: SessionBase) -> str:
    chosen = list(dict.fromkeys(keys))[: AT_ONCE + 1]
    if len(chosen) > IN_ADDRESS:
        query["selection"] = _keep(chosen, session)
    else:
        query.setlist("person", [str(key) for key in chosen])
    return f"{reverse(page)}?{query.urlencode()}"


def _keep(keys: list[int], session: SessionBase) -> str:
    name = secrets.token_urlsafe(6)
    kept = dict(session.get(KEPT, {}))
    while len(kept) >= KEPT_AT_MOST:
        kept.pop(next(iter(kept)))
    session[KEPT] = {**kept, name: keys}
    return name


def keys_in(query: QueryDict, session: SessionBase) -> list[int]:
    """The people whom an address or a form names. Whatever is not a key is ignored."""
    named = parse_ids(query.getlist("person"))
    kept = session.get(KEPT, {}).get(query.get("selection", ""), [])
    return list(dict.fromkeys([*named, *kept]))
