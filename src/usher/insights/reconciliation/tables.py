"""The table of the people of the comparison."""

from collections.abc import Iterator
from functools import cached_property

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django_tables2.data import TableData

from usher.insights.reconciliation.kinds import PresenceGroup
from usher.insights.reconciliation.people import ReconciledPeople, ReconciledPerson
from usher.insights.reconciliation.words import OF_ACTIVITY
from usher.web.cells import person_cell
from usher.web.phrases import counted
from usher.web.templatetags.components import when


class ReconciledData(TableData):
    """Reads the rows of one page alone, in the order of one column, and counts the others with them.

    `asked`: the rows that will be asked for, as far as the address tells.
    """

    data: ReconciledPeople

    def __init__(self, people: ReconciledPeople, asked: slice) -> None:
        super().__init__(people)
        self._asked, self._order = asked, "name"
        self._rows: list[ReconciledPerson] = []

    def __len__(self) -> int:
        return self._count

    @cached_property
    def _count(self) -> int:
        self._rows, count = self.data.between(self._asked.start, self._asked.stop, self._order)
        return count

    def __getitem__(self, key: slice) -> list[ReconciledPerson]:
        first, end = key.start or 0, len(self) if key.stop is None else key.stop
        if first == self._asked.start and self._rows:
            return self._rows[: end - first]
        return self.data.between(first, end, self._order)[0]

    def __iter__(self) -> Iterator[ReconciledPerson]:
        return self.data.walk()

    def order_by(self, aliases: list[str]) -> None:
        self._order = next(iter(aliases), self._order)


class ReconciledTable(tables.Table):
    """One row for each person."""

    name = tables.Column(verbose_name="Person", empty_values=())
    presence = tables.Column(verbose_name="Where they are", empty_values=())
    console_day = tables.Column(verbose_name="Admin Console", empty_values=())
    usher_day = tables.Column(verbose_name="Usher's sources", empty_values=())
    difference = tables.Column(verbose_name="Difference", empty_values=())
    activity = tables.Column(verbose_name="Last activity", empty_values=())
    since = tables.Column(verbose_name="Member since", empty_values=())

    caption = "People in the file and in Usher"
    empty_title = "Nobody"
    empty_icon = "user-search"
    filter_form = "filters"

    class Meta:
        empty_text = "Nobody matches the filters."
        order_by = ("name",)

    def __init__(self, people: ReconciledPeople, asked: slice) -> None:
        super().__init__(ReconciledData(people, asked))

    def render_name(self, record: ReconciledPerson) -> SafeString:
        name, email = record.name or record.email or record.gid, record.email
        if record.person is None:
            return person_cell(name, email, "")
        return person_cell(name, email, reverse("person", args=[record.person]))

    def render_presence(self, record: ReconciledPerson) -> str:
        return str(record.presence.label)

    def render_since(self, record: ReconciledPerson) -> SafeString:
        if record.presence in PresenceGroup.NOT_ACTIVE.presences:
            return format_html("Until {}", when(record.until, "before the first sync", style="date"))
        return when(record.since, style="date")

    def render_console_day(self, record: ReconciledPerson) -> SafeString:
        return when(record.console_day, "Never" if record.console_never else "—", style="date")

    def render_usher_day(self, record: ReconciledPerson) -> SafeString:
        return when(record.usher_day, style="date")

    def render_difference(self, record: ReconciledPerson) -> str:
        return "—" if record.difference is None else counted(abs(record.difference), "day")

    def render_activity(self, record: ReconciledPerson) -> str:
        return OF_ACTIVITY[record.activity].label if record.activity else "—"
