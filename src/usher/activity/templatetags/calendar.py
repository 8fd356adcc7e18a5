"""The days of a person's calendar as HTML. There are 365 of them, so no template is rendered for each."""

from collections.abc import Iterable

from django import template
from django.urls import reverse
from django.utils.safestring import SafeString

from usher.activity.people.calendar import CELL, Cell, DayState
from usher.roster.models import Person
from usher.web.phrases import brief_duration, counted

register = template.Library()

UNUSED = {
    DayState.AUTOMATED: "integration only",
    DayState.NONE: "no use",
    DayState.BEFORE: "before the membership began",
    DayState.UNKNOWN: "no data",
}
DAY = "0001-01-01"
"""Stands in an address for the day, so that it is put together once."""


@register.simple_tag
def calendar_days(cells: Iterable[Cell], person: Person) -> SafeString:
    """A square for each day, in an SVG. It loads the day's sessions."""
    address = _address(person)
    return SafeString(
        "\n".join(
            f'<a class="calendar-day" tabindex="-1" hx-get="{address.replace(DAY, cell.day.isoformat())}">'
            f'<rect class="{cell.state.value}" x="{cell.x}" y="{cell.y}" width="{CELL}" height="{CELL}" rx="2">'
            f"<title>{cell.day:%A, %-d %B %Y}: {in_words(cell)}</title></rect></a>"
            for cell in cells
        )
    )


@register.simple_tag
def calendar_rows(cells: Iterable[Cell], person: Person) -> SafeString:
    """The same as the rows of a table."""
    address = _address(person)
    return SafeString("\n".join(_row(cell, address.replace(DAY, cell.day.isoformat())) for cell in cells))


def in_words(cell: Cell) -> str:
    if not cell.state.is_use:
        return UNUSED[cell.state]
    if not cell.sessions:
        return "a session that began the day before"
    return f"{brief_duration(cell.usage)} in {counted(cell.sessions, 'session')}"


def _row(cell: Cell, address: str) -> str:
    return (
        f'<tr><th scope="row"><a href="{address}" hx-get="{address}">{cell.day:%a, %-d %b %Y}</a></th>'
        f'<td class="text-end">{cell.sessions}</td>'
        f'<td class="text-end">{brief_duration(cell.usage)}</td>'
        f'<td class="text-end">{cell.automated or "—"}</td></tr>'
    )


def _address(person: Person) -> str:
    return reverse("activity:day", args=[person.pk, DAY])
