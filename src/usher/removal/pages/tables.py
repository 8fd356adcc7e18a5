"""The tables of leavers and of cases."""

from datetime import date, timedelta

import django_tables2 as tables
from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from usher.connections.models import Mode
from usher.directory.employment.status import Group
from usher.ledger.actors import Actor
from usher.removal.guardrails.facts import askers, identity_of
from usher.removal.leavers.figures import money
from usher.removal.leavers.query import source_of
from usher.removal.models import Case
from usher.removal.states import State
from usher.roster.models import Person
from usher.web.cells import person_cell
from usher.web.templatetags.usher import when

LATE_AFTER_DAYS = 7
OVERDUE_AFTER_DAYS = 30
SELECTS = {"th": {"class": "select-column"}, "td": {"class": "select-column"}}


def select_cell(name: str, value: int, label: str) -> SafeString:
    """A check box that belongs to the form of the selection above the table."""
    return format_html(
        '<input class="form-check-input" type="checkbox" form="selection" name="{}" value="{}" aria-label="{}">',
        name,
        value,
        label,
    )


class LeaversTable(tables.Table):
    """One row a person. `protected`: by person, why they are never touched."""

    chosen = tables.Column(empty_values=(), orderable=False, verbose_name="Select", attrs=SELECTS)
    name = tables.Column(verbose_name="Person", order_by=("name", "pk"))
    workspaces = tables.Column(empty_values=(), orderable=False, verbose_name="Workspaces and role")
    since = tables.Column(empty_values=(), verbose_name="Employment")
    owns = tables.Column(empty_values=(), orderable=False, verbose_name="What they own")
    cost = tables.Column(empty_values=(), verbose_name="Cost a month")
    case = tables.Column(empty_values=(), orderable=False, verbose_name="Case")

    caption = "Leavers"
    empty_title = "Nobody matches these filters"
    empty_icon = "user-search"
    filter_form = "filters"

    class Meta:
        model = Person
        empty_text = "Take one off, or clear them all."
        fields = ("chosen", "name", "workspaces", "since", "owns", "cost", "case")

    def __init__(
        self,
        found: QuerySet[Person],
        today: date,
        *,
        offers_removal: bool,
        has_prices: bool,
        several_connections: bool,
    ) -> None:
        self.today = today
        self.several_connections = several_connections
        self.protected: dict[int, str] = {}
        hidden = [*([] if offers_removal else ["chosen"]), *([] if has_prices else ["cost"])]
        super().__init__(found, exclude=hidden)

    def order_since(self, found: QuerySet[Person], is_descending: bool) -> tuple[QuerySet[Person], bool]:
        """Longest gone first; who was picked comes last."""
        day = Coalesce("left_on", "last_day")
        return found.order_by(
            day.desc(nulls_last=True) if is_descending else day.asc(nulls_last=True), "name", "pk"
        ), True

    def order_cost(self, found: QuerySet[Person], is_descending: bool) -> tuple[QuerySet[Person], bool]:
        cost = F("price") * F("seats")
        return found.order_by(
            cost.desc(nulls_last=True) if is_descending else cost.asc(nulls_last=True), "name", "pk"
        ), True

    def render_chosen(self, record: Person) -> SafeString | str:
        return select_cell("person", record.pk, f"Select {record}") if can_be_chosen(record) else ""

    def render_name(self, record: Person) -> SafeString:
        return person_cell(record.name, record.email, reverse("roster:person", args=[record.pk]))

    def render_workspaces(self, record: Person) -> SafeString:
        context = {"person": record, "several": self.several_connections}
        return render_to_string("removal/_leaver_workspaces.html", context)

    def render_since(self, record: Person) -> SafeString:
        context = {**since_in_words(record, self.today), "source": source_of(record)}
        return render_to_string("removal/_leaver_since.html", context)

    def render_owns(self, record: Person) -> SafeString:
        return render_to_string("removal/_leaver_look.html", {"person": record})

    def render_cost(self, record: Person) -> str:
        facts = vars(record)
        return "—" if facts["price"] is None else money(facts["price"] * facts["seats"], facts["currency"])

    def render_case(self, record: Person) -> SafeString:
        reason = self.protected.get(record.pk, "")
        return render_to_string("removal/_leaver_case.html", {**vars(record), "protected": reason})


def can_be_chosen(person: Person) -> bool:
    """Of `leavers`: whether removal is offered at all."""
    facts = vars(person)
    return person.connection.mode == Mode.ACT and not facts["case_id"] and not facts["is_protected"]


def since_in_words(person: Person, today: date) -> dict[str, object]:
    """A pill that is the redder the longer ago they left, and the day."""
    facts = vars(person)
    if facts["group"] == Group.LEFT:
        left_on: date | None = facts["left_on"]
        if left_on is None:
            return {"words": "Left", "tone": "warning", "day": None}
        days = (today - left_on).days
        tone = "neutral" if days < LATE_AFTER_DAYS else "warning" if days < OVERDUE_AFTER_DAYS else "danger"
        return {"words": f"Left {_days_ago(days)}", "tone": tone, "day": left_on}
    if facts["group"] == Group.LEAVING:
        days = (facts["last_day"] - today).days
        words = "Last day today" if days == 0 else f"Leaves in {_days(days)}"
        return {"words": words, "tone": "info", "day": facts["last_day"]}
    words = "Idle seat" if facts["case_cause"] == Case.Cause.IDLE else "Picked by hand"
    return {"words": words, "tone": "neutral", "day": None}


def _days(count: int) -> str:
    return f"{count:,} day{'' if count == 1 else 's'}"


def _days_ago(days: int) -> str:
    return "today" if days <= 0 else f"{_days(days)} ago"


class CasesTable(tables.Table):
    """One row a case. Those that `approver` may approve can be selected; None approves nothing."""

    chosen = tables.Column(empty_values=(), orderable=False, verbose_name="Select", attrs=SELECTS)
    person = tables.Column(
        accessor="person_name", verbose_name="Person", order_by=("person_name", "pk"), empty_values=()
    )
    number = tables.Column(accessor="pk", verbose_name="Case", order_by=("pk",))
    state = tables.Column(orderable=False)
    kind = tables.Column(verbose_name="What", order_by=("kind", "pk"))
    why = tables.Column(empty_values=(), accessor="cause", verbose_name="Why", order_by=("cause", "pk"))
    asked = tables.Column(
        empty_values=(), accessor="opened_at", verbose_name="Asked by", order_by=("opened_at", "pk")
    )

    caption = "Cases"
    empty_title = "No case is in this list"
    empty_icon = "briefcase"
    filter_form = "filters"

    class Meta:
        model = Case
        empty_text = "Look at another state, or take a filter off."
        fields = ("chosen", "person", "number", "state", "kind", "why", "asked")
        order_by = ("-number",)

    def __init__(self, found: QuerySet[Case], approver: Actor | None, *, several_connections: bool) -> None:
        self.approver = approver
        self.several_connections = several_connections
        super().__init__(found, exclude=[] if approver else ["chosen"])

    def render_chosen(self, record: Case) -> SafeString | str:
        if self.approver is None or not is_offered_to(self.approver, record):
            return ""
        return select_cell("case", record.pk, f"Select case {record.pk}, {record.person_name}")

    def render_person(self, record: Case) -> SafeString:
        url = reverse("removal:case", args=[record.pk])
        return person_cell(record.person_name or record.person_gid, record.person_email, url)

    def render_number(self, record: Case) -> SafeString:
        return format_html('<a href="{}">{}</a>', reverse("removal:case", args=[record.pk]), record.pk)

    def render_state(self, record: Case) -> SafeString:
        return render_to_string("removal/_case_row_state.html", {"case": record, "now": timezone.now()})

    def render_kind(self, record: Case) -> SafeString:
        where = ", ".join(target.workspace_name for target in record.targets.all())
        if self.several_connections:
            where = f"{record.connection_name}: {where}"
        return _two_lines(record.get_kind_display(), where)

    def render_why(self, record: Case) -> SafeString:
        return _two_lines(record.get_cause_display(), record.reason)

    def render_asked(self, record: Case) -> SafeString:
        return _two_lines(record.asked_by or record.opened_by, when(record.opened_at))


def _two_lines(first: str, second: str) -> SafeString:
    return format_html('<span class="stacked">{}<span class="text-secondary">{}</span></span>', first, second)


def may_be_approved_by(actor: Actor, case: Case) -> bool:
    return case.state == State.WAITING and identity_of(actor) not in askers(case)


def is_offered_to(actor: Actor, case: Case) -> bool:
    """Nothing is offered where the connection only reads."""
    may_act = case.connection is not None and case.connection.mode == Mode.ACT
    return may_act and may_be_approved_by(actor, case)


def is_under_way(case: Case) -> bool:
    """Whether its state may change by itself within moments."""
    soon = timezone.now() + timedelta(seconds=60)
    is_due = case.scheduled_for is not None and case.scheduled_for <= soon and not case.held_by
    return case.state == State.RUNNING or (case.state == State.SCHEDULED and is_due)
