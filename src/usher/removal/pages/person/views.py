"""Employment, cases and possible actions: a part of the person's page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from usher.access.roles import Action, needs, signed_in
from usher.connections.models import Mode
from usher.directory.employment.status import employment_of
from usher.removal.guardrails.protection import why_protected
from usher.removal.models import LicencePause
from usher.removal.pages.remarks.context import remarks_of_person
from usher.removal.pauses.states import OPEN_PAUSES, state_of
from usher.removal.states import OPEN
from usher.roster.models import Person, Status
from usher.roster.query import memberships


@needs(Action.READ)
@require_GET
def of_person(request: HttpRequest, pk: int) -> HttpResponse:
    person = get_object_or_404(Person.objects.select_related("connection"), pk=pk)
    cases = list(person.removal_cases.order_by("-pk"))
    is_active = memberships(person.connection).filter(person=person, status=Status.ACTIVE).exists()
    open_case = next((case for case in cases if case.state in OPEN), None)
    protected = why_protected(person)
    may_act = person.connection.is_connected and person.connection.mode == Mode.ACT
    is_removable = may_act and is_active and not (open_case or protected)
    on_list = LicencePause.objects.filter(OPEN_PAUSES, membership__person=person)
    pauses = [(each, state_of(each)) for each in on_list.select_related("membership__workspace")]
    can_be_paused = person.connection.is_connected and is_active and not (open_case or protected or pauses)
    context = {
        **remarks_of_person(person, signed_in(request), open_case),
        "person": person,
        "employment": employment_of(person, timezone.localdate()),
        "cases": cases,
        "open_case": open_case,
        "is_active": is_active,
        "protected": protected,
        "may_act": may_act,
        "pauses": pauses,
        "offers_pause": can_be_paused and signed_in(request).may(Action.OPEN_CASES),
        "offers_removal": is_removable and signed_in(request).may(Action.OPEN_CASES),
    }
    template = "removal/_person.html" if "HX-Request" in request.headers else "removal/person.html"
    return render(request, template, context)
