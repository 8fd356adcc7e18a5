"""The comparison with the Admin Console: its figures, the people behind each of them, and their CSV."""

from dataclasses import dataclass
from datetime import timedelta

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from usher.access.roles import Action, needs
from usher.activity.usage.figures import today_of
from usher.connections.models import Connection
from usher.insights.reconciliation.export import RECONCILED_COLUMNS, reconciled_records
from usher.insights.reconciliation.exports import NewestExport, connection_to_compare, newest_exports
from usher.insights.reconciliation.figures import reconciled_figures
from usher.insights.reconciliation.filters import ReconciledPeopleForm
from usher.insights.reconciliation.kinds import PresenceGroup
from usher.insights.reconciliation.overview import days_in_words, sections_of
from usher.insights.reconciliation.tables import ReconciledTable
from usher.web.csv_export import csv_download
from usher.web.lists import configure_table, parse_id, rows_asked
from usher.web.replica import may_read_replica

OLD_AFTER = timedelta(days=30)


@dataclass(frozen=True)
class ComparisonAsked:
    """What the address asks for: one connection, and its newest file if it has one."""

    connections: list[Connection]
    chosen: Connection | None
    exports: list[NewestExport]

    @classmethod
    def by(cls, request: HttpRequest) -> "ComparisonAsked":
        connections = list(Connection.objects.all())
        chosen = connection_to_compare(connections, parse_id(request.GET.get("connection")))
        return cls(connections, chosen, newest_exports([chosen]) if chosen else [])

    @property
    def context(self) -> dict[str, object]:
        return {
            "connections": self.connections,
            "chosen": self.chosen,
            "chosen_key": str(self.chosen.pk) if self.chosen else "",
            "export": next(iter(self.exports), None),
        }


@needs(Action.READ)
@require_GET
@may_read_replica
def reconciliation(request: HttpRequest) -> HttpResponse:
    """The figures of one connection's newest file."""
    asked = ComparisonAsked.by(request)
    context = asked.context
    for figures in reconciled_figures(asked.exports, timezone.now()):
        context |= {
            "figures": figures,
            "in_file": figures.together(PresenceGroup.IN_FILE),
            "matched": figures.together(PresenceGroup.MATCHED),
            "active": figures.together(PresenceGroup.ACTIVE),
            "median": days_in_words(figures.median_days) or None,
            "sections": sections_of(figures),
            "is_old": today_of(figures.export.connection) - figures.export.file.exported_on > OLD_AFTER,
        }
    return render(request, "insights/reconciliation.html", context)


@needs(Action.READ)
@require_GET
@may_read_replica
def people(request: HttpRequest) -> HttpResponse:
    """Everybody behind the figures, or whoever the filters find."""
    asked, form = ComparisonAsked.by(request), ReconciledPeopleForm(request.GET)
    table = ReconciledTable(form.people(asked.exports, timezone.now()), rows_asked(request))
    configure_table(request, table)
    return render(request, "insights/reconciled_people.html", {**asked.context, "form": form, "table": table})


@needs(Action.READ)
@require_GET
@may_read_replica
def people_csv(request: HttpRequest) -> StreamingHttpResponse:
    """All of them who match the filters, as CSV."""
    asked, form = ComparisonAsked.by(request), ReconciledPeopleForm(request.GET)
    found = form.people(asked.exports, timezone.now()).walk()
    return csv_download("reconciliation", RECONCILED_COLUMNS, reconciled_records(found, asked.exports))
