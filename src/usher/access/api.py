"""The ledger in the REST API. It lies below the accounts that may read it, so it is asked for here."""

from collections.abc import Mapping

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import Router

from usher.access.roles import Action, require, signed_in
from usher.access.tokens.api_auth import PersonalToken
from usher.ledger.chain import as_json
from usher.ledger.forms import LedgerForm
from usher.ledger.models import Entry
from usher.rest.forms_read import read
from usher.rest.listing import ListedItem, Listing
from usher.rest.pages import PagedItems
from usher.rest.parameters import of_form
from usher.rest.single import single

router = Router(tags=["Ledger"], auth=PersonalToken())


class EntryOut(ListedItem):
    """One entry, with every field that its hash covers; `connection_id` only where it is not null."""

    number: int
    at: str
    actor_kind: str
    actor_name: str
    actor_user_id: int | None
    via: str
    action: str
    subject: str
    reason: str
    before: object
    after: object
    connection_id: int | None
    previous_hash: str
    hash: str


def _record(entry: Entry) -> Mapping[str, object]:
    return {"connection_id": None, **as_json(entry), "hash": entry.hash}


LEDGER = Listing("ledger", EntryOut, _record, {"number": "pk"}, more=of_form(LedgerForm))


@router.get("/ledger", response=PagedItems[EntryOut], openapi_extra=LEDGER.described)
def list_entries(request: HttpRequest) -> HttpResponseBase:
    """Oldest first; `sort=-number` begins with the newest."""
    require(signed_in(request), Action.READ)
    form = LedgerForm(request.GET)
    read(form)
    return LEDGER.answer(request, form.search.entries())


@router.get("/ledger/{number}", response={200: EntryOut, 404: None})
def one_entry(request: HttpRequest, number: int) -> Mapping[str, object]:
    require(signed_in(request), Action.READ)
    entry = single(Entry.objects.all(), number, "entry", "ledger")
    return _record(entry)
