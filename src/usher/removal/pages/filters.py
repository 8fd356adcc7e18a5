"""How leavers and cases are narrowed down. Every filter is a query parameter, so that a view can be shared."""

import django_filters
from django import forms
from django.db.models import Q, QuerySet, TextChoices
from django.utils.dateparse import parse_date

from usher.connections.models import Connection
from usher.removal.leavers.figures import IN_SQL, Show
from usher.removal.models import Case
from usher.removal.states import OPEN, State
from usher.roster.models import Person

DAYS = ("opened_after", "opened_before")
NO_CONNECTION = "Usher has no such connection. It may have been deleted."


class Queue(TextChoices):
    """The cases of one or several states, as an approver works them off."""

    OPEN = "open", "Open"
    DRAFT = "draft", "Drafts"
    WAITING = "waiting", "Waiting for approval"
    SCHEDULED = "scheduled", "Scheduled"
    RUNNING = "running", "Running"
    FAILED = "failed", "Failed"
    DONE = "done", "Done"
    ENDED = "ended", "Cancelled"
    ALL = "all", "All"


STATES_OF: dict[Queue, frozenset[State]] = {
    Queue.OPEN: OPEN,
    Queue.DRAFT: frozenset({State.DRAFT}),
    Queue.WAITING: frozenset({State.WAITING}),
    Queue.SCHEDULED: frozenset({State.APPROVED, State.SCHEDULED}),
    Queue.RUNNING: frozenset({State.RUNNING}),
    Queue.FAILED: frozenset({State.FAILED}),
    Queue.DONE: frozenset({State.DONE}),
    Queue.ENDED: frozenset({State.CANCELLED, State.SUPERSEDED}),
    Queue.ALL: frozenset(State),
}


def _select() -> forms.Select:
    return forms.Select(attrs={"class": "form-select"})


def _connection() -> django_filters.ModelChoiceFilter:
    return django_filters.ModelChoiceFilter(
        queryset=Connection.objects.all(),
        empty_label="All connections",
        widget=_select(),
        label="Connection",
        error_messages={"invalid_choice": NO_CONNECTION},
    )


class Narrowed(django_filters.FilterSet):
    """What cannot be understood in the address is ignored, field by field, and said so."""

    @property
    def is_narrowed(self) -> bool:
        return any(self.data.get(name) for name in (*self.filters, *DAYS))

    @property
    def problem(self) -> str:
        return " ".join(
            f"{self.filters[name].label or name}: {' '.join(map(str, errors))}"
            for name, errors in self.form.errors.items()
            if name in self.filters
        )


class LeaversFilter(Narrowed):
    """Over `leavers`."""

    q = django_filters.CharFilter(method="search", label="Name or e-mail")
    connection = _connection()
    show = django_filters.ChoiceFilter(choices=Show.choices, method="shown", label="Show")

    class Meta:
        model = Person
        fields: tuple[str, ...] = ()

    def search(self, found: QuerySet[Person], name: str, text: str) -> QuerySet[Person]:
        """Every word must occur in the name or the e-mail."""
        for word in text.split():
            found = found.filter(Q(name__icontains=word) | Q(email__icontains=word))
        return found

    def shown(self, found: QuerySet[Person], name: str, value: str) -> QuerySet[Person]:
        return found.filter(IN_SQL[Show(value)])


class CasesFilter(Narrowed):
    """Without a queue asked for, the open cases."""

    q = django_filters.CharFilter(method="search", label="Person or number")
    queue = django_filters.ChoiceFilter(choices=Queue.choices, method="in_queue", label="State")
    connection = _connection()
    kind = django_filters.ChoiceFilter(
        choices=Case.Kind.choices, empty_label="Any kind", widget=_select(), label="Kind"
    )
    cause = django_filters.ChoiceFilter(
        choices=Case.Cause.choices, empty_label="Any cause", widget=_select(), label="Cause"
    )
    who = django_filters.CharFilter(method="asked_by_whom", label="Asked by")
    opened = django_filters.DateFromToRangeFilter(field_name="opened_at", label="Opened")

    class Meta:
        model = Case
        fields: tuple[str, ...] = ()

    @property
    def queue_shown(self) -> Queue:
        asked = self.data.get("queue", "")
        return Queue(asked) if asked in Queue.values else Queue.OPEN

    @property
    def days(self) -> dict[str, str]:
        """Of the address, as the page's date fields take them: empty where it has none or nonsense."""
        return {name: _valid_day(self.data.get(name, "")) for name in DAYS}

    def filter_queryset(self, queryset: QuerySet[Case]) -> QuerySet[Case]:
        found: QuerySet[Case] = super().filter_queryset(queryset)
        return found if self.queue_shown != Queue.OPEN else found.filter(state__in=sorted(OPEN))

    def search(self, found: QuerySet[Case], name: str, text: str) -> QuerySet[Case]:
        for word in text.split():
            number = word.lstrip("#")
            is_number = number.isascii() and number.isdigit() and len(number) < 19
            of_case = Q(pk=int(number)) if is_number else Q()
            found = found.filter(
                Q(person_name__icontains=word)
                | Q(person_email__icontains=word)
                | Q(person_gid=word)
                | of_case
            )
        return found

    def in_queue(self, found: QuerySet[Case], name: str, value: str) -> QuerySet[Case]:
        return found.filter(state__in=sorted(STATES_OF[Queue(value)]))

    def asked_by_whom(self, found: QuerySet[Case], name: str, text: str) -> QuerySet[Case]:
        return found.filter(Q(opened_by__icontains=text.strip()) | Q(asked_by__icontains=text.strip()))


def _valid_day(text: str) -> str:
    try:
        day = parse_date(text)
    except ValueError:  # well formed, and no day of the calendar
        return ""
    return day.isoformat() if day else ""
