"""Choosing people of the list, to see them out of Asana."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET

from usher.access.roles import Action, needs
from usher.connections.models import Mode
from usher.insights.people import WITH_USE
from usher.removal.leavers.candidates import AT_ONCE
from usher.removal.leavers.selection import address_for
from usher.removal.models import Case
from usher.roster.models import Status


@needs(Action.OPEN_CASES)
@require_GET
def every_person(request: HttpRequest) -> HttpResponse:
    """All who match the filters of the list are chosen to be seen out of Asana."""
    found = WITH_USE.narrowed(request).qs.filter(
        status=Status.ACTIVE, person__connection__mode=Mode.ACT, person__connection__disconnected_at=None
    )
    keys = found.order_by("person__name", "pk").values_list("person", flat=True)[: 2 * AT_ONCE]
    cause = Case.Cause.IDLE if request.GET.get("cause") == Case.Cause.IDLE else Case.Cause.BY_HAND
    return redirect(address_for(keys, cause, request.session))
