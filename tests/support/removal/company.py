"""Companies put straight into the database, whose people leave."""

import re
from datetime import date, timedelta
from html import unescape

from django.http import HttpResponse
from django.utils import timezone

from tests.support.removal.leaving import leaves
from tests.support.roster.people import a_connection, a_member, a_workspace
from usher.connections.models import Mode
from usher.roster.models import Person, Workspace


def a_company(name: str = "Acme", *, mode: Mode = Mode.ACT, **fields: object) -> Workspace:
    """Two admins and nobody else yet; synced just now."""
    connection = a_connection(name, mode=mode, last_synced_at=timezone.now(), **fields)
    workspace = a_workspace(connection, f"{name} Inc", f"{name.lower()}.example")
    for admin in ("Ada Admin", "Abe Admin"):
        a_member(workspace, admin, f"{admin[:3].lower()}@{name.lower()}.example", role="admin")
    return workspace


def people(workspace: Workspace, count: int, name: str = "Person") -> list[Person]:
    domain = workspace.email_domains[0]
    return [
        a_member(workspace, f"{name} {number:03}", f"{name.lower()}{number:03}@{domain}").person
        for number in range(1, count + 1)
    ]


def left(workspace: Workspace, count: int, *, days_ago: int = 3, name: str = "Leaver") -> list[Person]:
    found = people(workspace, count, name)
    for person in found:
        leaves(person, last_day=timezone.localdate() - timedelta(days=days_ago))
    return found


def leaving(workspace: Workspace, *, on: date, name: str = "Leaving") -> Person:
    (person,) = people(workspace, 1, name)
    employee = leaves(person, last_day=on)
    employee.is_active, employee.ended_at = True, None
    employee.save()
    return person


def text(answer: HttpResponse) -> str:
    """Of the page, with blanks as one sees them."""
    words = unescape(re.sub(r"<[^>]+>", " ", answer.content.decode()))
    return re.sub(r" ([,.:])", r"\1", re.sub(r"\s+", " ", words))


def boxes(answer: HttpResponse, name: str) -> list[int]:
    """What can be chosen in the table."""
    return [
        int(pk)
        for pk in re.findall(rf'form="selection" name="{name}" value="(\d+)"', answer.content.decode())
    ]


def rows(answer: HttpResponse) -> list[str]:
    return [str(row.record) for row in answer.context["table"].paginated_rows]
