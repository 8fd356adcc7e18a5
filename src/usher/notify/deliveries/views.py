"""The pages of what was sent and what failed."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from usher.access.acting import actor_of
from usher.access.roles import Action, needs
from usher.notify.deliveries.forms import DeliveriesForm
from usher.notify.deliveries.handling import (
    FAILED,
    TO_SEND_AGAIN,
    NothingToHandle,
    discard,
    discard_delivery,
    send_again,
    send_delivery_again,
)
from usher.notify.deliveries.search import COLUMNS, DeliverySearch
from usher.notify.deliveries.tables import DeliveriesTable
from usher.notify.models import Delivery
from usher.notify.rendering import is_forgotten, shown_message_of
from usher.web.csv_export import csv_download
from usher.web.lists import configure_table
from usher.web.replica import may_read_replica


@needs(Action.SETTINGS)
@require_GET
def deliveries(request: HttpRequest) -> HttpResponse:
    form = DeliveriesForm(request.GET)
    table = DeliveriesTable(form.search.deliveries())
    configure_table(request, table)
    context = {
        "form": form,
        "table": table,
        "has_deliveries": bool(table.page.object_list) or Delivery.objects.exists(),
        "failed": Delivery.objects.filter(FAILED).count(),
    }
    return render(request, "notify/deliveries.html", context)


@needs(Action.SETTINGS)
@require_GET
@may_read_replica
def deliveries_csv(request: HttpRequest) -> StreamingHttpResponse:
    """All that match the filters, oldest first."""
    return csv_download("notices", COLUMNS, DeliveriesForm(request.GET).search.records())


@needs(Action.SETTINGS)
@require_GET
def delivery(request: HttpRequest, pk: int) -> HttpResponse:
    """One delivery with its text, without links that only the receiver may have."""
    shown = get_object_or_404(DeliverySearch().deliveries(), pk=pk)
    context = {
        "delivery": shown,
        "kind": shown.notice.of_kind,
        "message": None if is_forgotten(shown.notice) else shown_message_of(shown.notice),
        "may_send_again": Delivery.objects.filter(TO_SEND_AGAIN, pk=pk).exists(),
        "has_failed": shown.state in Delivery.ENDED_BADLY,
    }
    return render(request, "notify/delivery.html", context)


@needs(Action.SETTINGS)
@require_POST
def again(request: HttpRequest, pk: int) -> HttpResponse:
    try:
        send_delivery_again(pk, actor_of(request))
    except NothingToHandle as refused:
        messages.error(request, f"{refused.message} {refused.remedy}")
    else:
        messages.success(request, "It is sent again within a minute.")
    return redirect("notify:delivery", pk)


@needs(Action.SETTINGS)
@require_POST
def discard_one(request: HttpRequest, pk: int) -> HttpResponse:
    try:
        discard_delivery(pk, actor_of(request))
    except NothingToHandle as refused:
        messages.error(request, f"{refused.message} {refused.remedy}")
    else:
        messages.success(request, "It is discarded, and not sent again.")
    return redirect("notify:delivery", pk)


@needs(Action.SETTINGS)
@require_POST
def all_failed(request: HttpRequest) -> HttpResponse:
    """Sends everything again that failed, or discards it."""
    failed, actor = Delivery.objects.filter(FAILED), actor_of(request)
    if request.POST.get("do") == "discard":
        messages.success(request, f"{discard(failed, actor):,} discarded.")
    else:
        messages.success(request, f"{send_again(failed, actor):,} are sent again within a minute.")
    return redirect("notify:deliveries")
