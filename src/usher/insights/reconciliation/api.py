"""The comparison with the Admin Console in the REST API: its figures, and the people behind them."""

from collections.abc import Mapping

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from ninja import Router, Schema

from usher.access.roles import Action, require, signed_in
from usher.access.tokens.api_auth import PersonalToken
from usher.connections.models import Connection
from usher.insights.reconciliation.export import reconciled_records
from usher.insights.reconciliation.exports import newest_exports
from usher.insights.reconciliation.figures import ReconciledFigures, reconciled_figures
from usher.insights.reconciliation.filters import ReconciledPeopleForm
from usher.insights.reconciliation.kinds import Activity, Presence, PresenceGroup
from usher.insights.reconciliation.people import PlaceInList
from usher.rest.cursors import UnknownPlace
from usher.rest.forms_read import read
from usher.rest.listing import ListedItem, Listing
from usher.rest.pages import PagedItems
from usher.rest.parameters import of_form
from usher.web.csv_export import iso
from usher.web.refused.problems import NoSuchThing

router = Router(tags=["Reconciliation"], auth=PersonalToken())


class ComparedFileOut(Schema):
    """The newest member CSV. `workspace`: what it is about. `repeated_rows`: about somebody by another row, too."""

    file_name: str
    exported_on: str
    imported_at: str
    workspace: str | None
    workspace_gid: str | None
    rows: int
    repeated_rows: int | None


class ReconciledFiguresOut(Schema):
    """People. `by_presence` has everybody once, `by_activity` everybody who is `compared`. Null means unknown.

    `median_days`: of the difference between the two last activities, whichever is later.
    """

    in_file: int | None
    matched: int | None
    active: int | None
    compared: int | None
    not_active: int | None
    only_usher: int | None
    by_presence: dict[str, int | None]
    by_activity: dict[str, int]
    median_days: float | None
    median_days_by_activity: dict[str, float]


class ConnectionReconciliation(Schema):
    """`file` and `figures` are null where no member CSV was imported."""

    connection: str
    file: ComparedFileOut | None
    figures: ReconciledFiguresOut | None


class ReconciliationOut(Schema):
    connections: list[ConnectionReconciliation]
    as_of: str


class ReconciledPersonOut(ListedItem):
    """Somebody in the file, or whom Usher lists as active. `activity`: only of whoever is both.

    `usher_last_use`: what the audit log or the event stream saw. `difference_days` is positive where Usher is later.
    """

    connection: str
    gid: str | None
    name: str
    email: str
    presence: str
    activity: str | None
    console_last_activity: str | None
    console_says_never: bool
    console_joined: str | None
    usher_last_use: str | None
    difference_days: int | None
    role: str | None
    since: str | None
    until: str | None


PEOPLE = Listing("reconciliation", ReconciledPersonOut, sorts={}, more=of_form(ReconciledPeopleForm))


@router.get("/reconciliation", response={200: ReconciliationOut, 404: None})
def reconciliation(request: HttpRequest, connection: int | None = None) -> dict[str, object]:
    """Asana's Admin Console beside Usher, by the newest member CSV of each connection, or of one."""
    require(signed_in(request), Action.READ)
    found = Connection.objects.all() if connection is None else Connection.objects.filter(pk=connection)
    connections = list(found.order_by("pk"))
    if connection is not None and not connections:
        raise NoSuchThing(f"There is no connection {connection}.", "GET /api/v1/connections lists them.")
    figures = reconciled_figures(newest_exports(connections), timezone.now())
    by_connection = {each.export.connection.pk: each for each in figures}
    return {
        "connections": [
            {"connection": one.name, **_record(by_connection.get(one.pk))} for one in connections
        ],
        "as_of": iso(timezone.now()),
    }


@router.get(
    "/reconciliation/people", response=PagedItems[ReconciledPersonOut], openapi_extra=PEOPLE.described
)
def list_reconciled(request: HttpRequest) -> HttpResponseBase:
    """Everybody of the comparison, by the filters of its page. Whoever is not in Usher comes last."""
    require(signed_in(request), Action.READ)
    form = ReconciledPeopleForm(request.GET)
    read(form)
    chosen = form.cleaned_data["connection"]
    exports = newest_exports([chosen] if chosen else list(Connection.objects.order_by("pk")))
    people = form.people(exports, timezone.now())

    def page(begin: str, size: int) -> list[tuple[str, Mapping[str, object]]]:
        beyond = PlaceInList.read(begin) if begin else None
        if begin and beyond is None:
            raise UnknownPlace
        found = people.behind(beyond, size)
        return list(zip((str(each.place) for each in found), reconciled_records(found, exports), strict=True))

    return PEOPLE.answer_walked(request, page, reconciled_records(people.walk(), exports))


def _record(found: ReconciledFigures | None) -> dict[str, object]:
    if found is None:
        return {"file": None, "figures": None}
    file, place = found.export.file, found.export.workspace
    return {
        "file": {
            "file_name": file.file_name,
            "exported_on": file.exported_on.isoformat(),
            "imported_at": iso(file.imported_at),
            "workspace": place.name if place else None,
            "workspace_gid": place.gid if place else None,
            "rows": file.rows,
            "repeated_rows": found.repeated_rows,
        },
        "figures": {
            **{group.value: found.together(group) for group in PresenceGroup},
            "by_presence": {presence.value: found.people(presence) for presence in Presence},
            "by_activity": {activity.value: found.activities[activity] for activity in Activity},
            "median_days": found.median_days,
            "median_days_by_activity": {activity.value: days for activity, days in found.medians.items()},
        },
    }
