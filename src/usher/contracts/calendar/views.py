"""The calendar of renewals: a page, and a subscription by a secret address."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST, require_safe

from usher.access.acting import actor_of
from usher.access.roles import Action, needs, signed_in
from usher.access.throttle.attempts import wrong_token
from usher.contracts.agreements.query import contracts_seen
from usher.contracts.calendar.feed import calendar_of
from usher.contracts.calendar.links import make_link, revoke_link, user_of
from usher.contracts.models import CalendarLink
from usher.contracts.renewals import REMIND_DAYS_BEFORE, renewals_to_come
from usher.platform.scope import seen_with


@needs(Action.READ)
@require_GET
def calendar(request: HttpRequest) -> HttpResponse:
    today = timezone.localdate()
    rows = [(renewal, renewal.days_left(today)) for renewal in renewals_to_come(contracts_seen(), today)]
    context = {
        "rows": rows,
        "remind_days": REMIND_DAYS_BEFORE,
        "link": CalendarLink.objects.filter(user=signed_in(request)).first(),
    }
    return render(request, "contracts/calendar.html", context)


@needs(Action.READ)
@require_POST
@never_cache
def link(request: HttpRequest) -> HttpResponse:
    """Makes the secret address and shows it, this once."""
    address = make_link(signed_in(request), actor_of(request))
    return render(request, "contracts/calendar_link.html", {"address": address})


@needs(Action.READ)
@require_POST
def link_revoke(request: HttpRequest) -> HttpResponse:
    if revoke_link(signed_in(request), actor_of(request)):
        messages.success(request, "The address shows nothing any more.")
    return redirect("contracts:calendar")


@require_safe
@never_cache
@login_not_required
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """For calendar programs: the contracts that the user of this address may see."""
    user = user_of(token)
    if user is None or not user.may(Action.READ):
        wrong_token(request, "calendar address")
        raise Http404
    with seen_with(user.seen):
        body = calendar_of(renewals_to_come(contracts_seen(), timezone.localdate()), timezone.now())
    return HttpResponse(
        body,
        content_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": 'inline; filename="usher-renewals.ics"'},
    )
