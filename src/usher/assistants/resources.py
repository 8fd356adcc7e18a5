"""Resources: a person, a case and a connection, each by its number."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from django.conf import settings
from django.urls import reverse

from usher.activity.people.summary import activity_of
from usher.activity.usage.conditions import listed
from usher.assistants.answers import (
    MOST_ROWS,
    Answered,
    NameInAsana,
    ToolAnswer,
    case_uri,
    connection_uri,
    first_of,
    person_uri,
)
from usher.assistants.caller import Caller
from usher.assistants.tools.idle import SourceCoverage, coverage_of
from usher.connections.models import Connection
from usher.removal.cases.lookup import LookupFailed
from usher.removal.cases.records import case_record, with_parts_of_record
from usher.removal.guardrails.protection import why_protected
from usher.removal.models import Case
from usher.removal.states import OPEN
from usher.roster.models import Person
from usher.web.csv_export import iso

TEXTS_OF_CASE = {
    "reason": "Reason",
    "remarks": "Remark",
    "waits_for": "Waits for",
    "outcome": "Outcome",
    "error": "Error",
    "remedy": "What to do",
}


class MembershipRead(ToolAnswer):
    workspace_gid: str
    role: str
    licence: str
    status: str
    since: str | None
    until: str | None
    from_asana: str


class PersonRead(Answered):
    """Null means unknown."""

    uri: str
    gid: str
    connection: str
    protected: bool
    open_case: str | None
    last_use: str
    last_used: str | None
    confidence: str
    active_days_of_30: int | None
    memberships: list[MembershipRead]
    more_memberships: int
    page: str
    from_asana: NameInAsana
    from_people: list[str]


class CaseRead(Answered):
    """`from_people`: its reason, remarks, what it waits for and how it ended, with names in them."""

    uri: str
    number: int
    state: str
    kind: str
    cause: str
    connection: str | None
    person: str | None
    workspace_gids: list[str]
    opened_by: str
    opened_via: str
    opened_at: datetime
    asked_by: str | None
    approved_by: list[str]
    scheduled_for: str | None
    started_at: str | None
    finished_at: str | None
    unanswered_remarks: int
    page: str
    from_asana: NameInAsana
    from_people: list[str]


class ConnectionTexts(ToolAnswer):
    """`problem` may quote what Asana answered."""

    workspaces: list[str]
    problem: str
    what_to_do: str


class ConnectionRead(Answered):
    """`mode`: read, or act, in which Usher may change something in Asana after approval."""

    uri: str
    mode: str
    is_connected: bool
    time_zone: str
    last_synced_at: datetime | None
    next_sync_at: datetime | None
    has_service_token: bool
    coverage: list[SourceCoverage]
    workspaces: int
    page: str
    from_asana: ConnectionTexts
    from_people: str


def read_person(caller: Caller, number: int) -> PersonRead:
    person = Person.objects.select_related("connection").filter(pk=number).first()
    if person is None:
        raise LookupFailed(
            f"There is no {person_uri(number)} that you see.", "Look for them with find_people."
        )
    activity = activity_of(person)
    rows = listed().filter(person=person).order_by("status", "workspace__gid")
    open_case = Case.objects.filter(person=person, state__in=sorted(OPEN)).first()
    last_used = iso(activity.last_used_at) or (
        activity.last_used_on.isoformat() if activity.last_used_on else None
    )
    protected = why_protected(person)
    return PersonRead(
        uri=person_uri(person.pk),
        gid=person.gid,
        connection=connection_uri(person.connection_id),
        protected=bool(protected),
        open_case=case_uri(open_case.pk) if open_case else None,
        last_use=activity.last_use.value,
        last_used=last_used,
        confidence=f"{activity.confidence.title}: {activity.confidence.sentence}",
        active_days_of_30=activity.active_days if activity.is_observed or activity.active_days else None,
        memberships=[
            MembershipRead(
                workspace_gid=row.workspace.gid,
                role=row.role,
                licence=row.licence,
                status=row.status,
                since=iso(row.since),
                until=iso(row.until),
                from_asana=row.workspace.name,
            )
            for row in rows[:MOST_ROWS]
        ],
        more_memberships=max(0, rows.count() - MOST_ROWS),
        page=_page("person", person.pk),
        from_asana=NameInAsana(name=person.name, email=person.email),
        from_people=[f"Protected: {protected}"] if protected else [],
    )


def read_case(caller: Caller, number: int) -> CaseRead:
    case = with_parts_of_record(Case.objects.filter(pk=number)).first()
    if case is None:
        raise LookupFailed(f"There is no {case_uri(number)} that you see.", "See the list of cases in Usher.")
    record = case_record(case)
    return CaseRead.model_validate(
        {name: value for name, value in record.items() if name in CaseRead.model_fields}
        | {
            "uri": case_uri(case.pk),
            "number": case.pk,
            "connection": connection_uri(case.connection_id) if case.connection_id else None,
            "person": person_uri(case.person_id) if case.person_id else None,
            "opened_via": case.opened_via,
            "opened_at": case.opened_at,
            "page": _page("removal:case", case.pk),
            "from_asana": NameInAsana(name=case.person_name, email=case.person_email),
            "from_people": first_of(list(_texts(record)), MOST_ROWS),
        }
    )


def _texts(record: Mapping[str, object]) -> Iterator[str]:
    for name, label in TEXTS_OF_CASE.items():
        found = record[name]
        for one in found if isinstance(found, list) else [found]:
            if one:
                yield f"{label}: {one}"


def read_connection(caller: Caller, number: int) -> ConnectionRead:
    connection = Connection.objects.filter(pk=number).first()
    if connection is None:
        raise LookupFailed(
            f"There is no {connection_uri(number)} that you see.", "See Integrations in Usher for the others."
        )
    names = list(connection.workspaces.filter(left_out="").values_list("name", flat=True))
    return ConnectionRead(
        uri=connection_uri(connection.pk),
        mode=str(connection.mode),
        is_connected=connection.is_connected,
        time_zone=connection.time_zone,
        last_synced_at=connection.last_synced_at,
        next_sync_at=connection.next_sync_at,
        has_service_token=connection.has_service_token,
        coverage=coverage_of([connection]),
        workspaces=len(names),
        page=_page("connections:detail", connection.pk),
        from_asana=ConnectionTexts(
            workspaces=first_of(names, MOST_ROWS),
            problem=connection.problem,
            what_to_do=connection.problem_remedy,
        ),
        from_people=connection.name,
    )


def _page(name: str, pk: int) -> str:
    return f"{settings.USHER_BASE_URL}{reverse(name, args=[pk])}"
