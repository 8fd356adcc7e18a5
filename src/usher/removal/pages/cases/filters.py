"""The filters of the page of cases."""

import django_filters
from django.db.models import Q, QuerySet, TextChoices

from usher.access.acting import actor_of
from usher.access.roles import Action, signed_in
from usher.directory.remarks.questions import has_unanswered
from usher.removal.guardrails.facts import waiting_for
from usher.removal.models import Case
from usher.removal.pages.connection_filter import connection_filter
from usher.removal.states import OPEN, CaseState
from usher.web.lists import ListFilter, parse_id, select_widget


class Queue(TextChoices):
    """A tab of the page: the cases in one or several states."""

    OPEN = "open", "Open"
    DRAFT = "draft", "Drafts"
    WAITING = "waiting", "Waiting for approval"
    SCHEDULED = "scheduled", "Scheduled"
    RUNNING = "running", "In progress"
    FAILED = "failed", "Failed"
    DONE = "done", "Done"
    ENDED = "ended", "Cancelled"
    ALL = "all", "All"


STATES_OF: dict[Queue, frozenset[CaseState]] = {
    Queue.OPEN: OPEN,
    Queue.DRAFT: frozenset({CaseState.DRAFT}),
    Queue.WAITING: frozenset({CaseState.WAITING}),
    Queue.SCHEDULED: frozenset({CaseState.APPROVED, CaseState.SCHEDULED}),
    Queue.RUNNING: frozenset({CaseState.RUNNING}),
    Queue.FAILED: frozenset({CaseState.FAILED}),
    Queue.DONE: frozenset({CaseState.DONE}),
    Queue.ENDED: frozenset({CaseState.CANCELLED, CaseState.SUPERSEDED}),
    Queue.ALL: frozenset(CaseState),
}


class CasesFilter(ListFilter):
    """Shows the open cases if the address names no queue."""

    q = django_filters.CharFilter(method="search", label="Person or number")
    queue = django_filters.ChoiceFilter(choices=Queue.choices, method="in_queue", label="State")
    connection = connection_filter()
    kind = django_filters.ChoiceFilter(
        choices=Case.Kind.choices, empty_label="Any action", widget=select_widget(), label="Action"
    )
    cause = django_filters.ChoiceFilter(
        choices=Case.Cause.choices, empty_label="Any cause", widget=select_widget(), label="Cause"
    )
    remarks = django_filters.ChoiceFilter(
        choices=[("unanswered", "Unanswered"), ("none", "None unanswered")],
        method="by_remarks",
        empty_label="Any remarks",
        widget=select_widget(),
        label="Remarks",
    )
    who = django_filters.CharFilter(method="requested_by", label="Requested by")
    approver = django_filters.ChoiceFilter(
        choices=[("me", "Me")],
        method="for_approver",
        empty_label="Anybody",
        widget=select_widget(),
        label="Waiting for approval by",
    )
    opened = django_filters.DateFromToRangeFilter(field_name="opened_at", label="Opened")

    class Meta:
        model = Case
        fields: tuple[str, ...] = ()

    @property
    def queue_shown(self) -> Queue:
        name = self.data.get("queue", "")
        return Queue(name) if name in Queue.values else Queue.OPEN

    def filter_queryset(self, queryset: QuerySet[Case]) -> QuerySet[Case]:
        cases: QuerySet[Case] = super().filter_queryset(queryset)
        return cases if self.queue_shown != Queue.OPEN else cases.filter(state__in=sorted(OPEN))

    def search(self, cases: QuerySet[Case], name: str, text: str) -> QuerySet[Case]:
        for word in text.split():
            number = parse_id(word.lstrip("#"))
            with_number = Q() if number is None else Q(pk=number)
            cases = cases.filter(
                Q(person_name__icontains=word)
                | Q(person_email__icontains=word)
                | Q(person_gid=word)
                | with_number
            )
        return cases

    def in_queue(self, cases: QuerySet[Case], name: str, value: str) -> QuerySet[Case]:
        return cases.filter(state__in=sorted(STATES_OF[Queue(value)]))

    def for_approver(self, cases: QuerySet[Case], name: str, value: str) -> QuerySet[Case]:
        """Cases that the user's role and the four-eyes rule allow the user to approve."""
        may_approve = signed_in(self.request).may(Action.APPROVE)
        return cases.filter(waiting_for(actor_of(self.request))) if may_approve else cases.none()

    def by_remarks(self, cases: QuerySet[Case], name: str, value: str) -> QuerySet[Case]:
        """Of open cases; what was remarked on others no longer matters."""
        unanswered = Q(has_unanswered("person__"), state__in=sorted(OPEN))
        return cases.filter(unanswered) if value == "unanswered" else cases.exclude(unanswered)

    def requested_by(self, cases: QuerySet[Case], name: str, text: str) -> QuerySet[Case]:
        return cases.filter(Q(opened_by__icontains=text.strip()) | Q(asked_by__icontains=text.strip()))
