"""The pages of the ledger. Whoever signs in may read it; no page changes it."""

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET
from django_tables2 import RequestConfig

from usher.ledger.forms import LedgerForm
from usher.ledger.models import Entry
from usher.ledger.tables import LedgerTable, differences
from usher.ledger.words import KINDS, action_in_words
from usher.web.tables import PAGE_SIZES

USUAL_PAGE_SIZE = 50


@require_GET
def entries(request: HttpRequest) -> HttpResponse:
    form = LedgerForm(request.GET)
    table = LedgerTable(form.search.entries())
    RequestConfig(request, paginate=False).configure(table)
    table.paginate(per_page=_page_size(request))
    table.page = table.paginator.get_page(request.GET.get("page"))
    context = {
        "form": form,
        "table": table,
        "has_entries": bool(table.page.object_list) or Entry.objects.exists(),
    }
    return render(request, "ledger/list.html", context)


def _page_size(request: HttpRequest) -> int:
    asked = request.GET.get("per_page")
    return next((size for size in PAGE_SIZES if str(size) == asked), USUAL_PAGE_SIZE)


@require_GET
def entries_json_lines(request: HttpRequest) -> StreamingHttpResponse:
    """What is filtered, whole, oldest first; in constant memory."""
    name = f"usher-ledger-{timezone.localdate():%Y-%m-%d}.jsonl"
    return StreamingHttpResponse(
        LedgerForm(request.GET).search.lines(),
        content_type="application/jsonl; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@require_GET
def entry(request: HttpRequest, number: int) -> HttpResponse:
    found = get_object_or_404(Entry, pk=number)
    context = {
        "entry": found,
        "action": action_in_words(found.action),
        "kind": KINDS.get(found.actor_kind, found.actor_kind),
        "differences": differences(found),
        "has_next": Entry.objects.filter(pk=number + 1).exists(),
    }
    return render(request, "ledger/entry.html", context)
