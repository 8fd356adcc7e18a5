"""The pages of the ledger. Every user may read it; no page changes it."""

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from usher.ledger.forms import LedgerForm
from usher.ledger.models import Entry
from usher.ledger.search import current_head
from usher.ledger.tables import LedgerTable, differences
from usher.ledger.words import KINDS, action_badge
from usher.web.csv_export import download
from usher.web.lists import configure_table
from usher.web.replica import may_read_replica


@require_GET
def entries(request: HttpRequest) -> HttpResponse:
    form = LedgerForm(request.GET)
    table = LedgerTable(form.search.entries())
    configure_table(request, table)
    context = {
        "form": form,
        "table": table,
        "head": current_head(),
        "has_entries": bool(table.page.object_list) or Entry.objects.exists(),
    }
    return render(request, "ledger/list.html", context)


@require_GET
@may_read_replica
def entries_json_lines(request: HttpRequest) -> StreamingHttpResponse:
    """All entries that match the filters, oldest first, in constant memory."""
    return download("ledger.jsonl", "application/jsonl", LedgerForm(request.GET).search.lines())


@require_GET
def entry(request: HttpRequest, number: int) -> HttpResponse:
    entry = get_object_or_404(Entry, pk=number)
    context = {
        "entry": entry,
        "action": action_badge(entry.action),
        "kind": KINDS.get(entry.actor_kind, entry.actor_kind),
        "differences": differences(entry),
        "has_next": Entry.objects.filter(pk=number + 1).exists(),
    }
    return render(request, "ledger/entry.html", context)
