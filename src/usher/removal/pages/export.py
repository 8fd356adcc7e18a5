"""Leavers and cases for spreadsheets, in constant memory."""

from collections.abc import Iterator, Mapping
from itertools import islice

from django.db.models import QuerySet

from usher.removal.cases.records import CASE_COLUMNS, case_record
from usher.removal.guardrails.protection import reasons_why_protected
from usher.removal.leavers.candidates import with_active_memberships
from usher.removal.leavers.query import reason_of, source_of
from usher.removal.models import Case
from usher.roster.models import Person

AT_A_TIME = 1000
LEAVER_COLUMNS = (
    "gid",
    "name",
    "email",
    "connection",
    "workspaces",
    "roles",
    "group",
    "reason",
    "left_on",
    "last_day",
    "source",
    "seats",
    "monthly_cost",
    "currency",
    "protected",
    "case",
    "case_state",
)


def leaver_rows(found: QuerySet[Person]) -> Iterator[Mapping[str, object]]:
    """Of `leavers`."""
    people = found.prefetch_related(with_active_memberships()).iterator(chunk_size=AT_A_TIME)
    while batch := list(islice(people, AT_A_TIME)):
        protected = reasons_why_protected([person for person in batch if vars(person)["is_protected"]])
        for person in batch:
            yield _leaver(person, protected.get(person.pk, ""))


def _leaver(person: Person, protected: str) -> dict[str, object]:
    facts = vars(person)
    return {
        "gid": person.gid,
        "name": person.name,
        "email": person.email,
        "connection": person.connection.name,
        "workspaces": "; ".join(one.workspace.name for one in facts["active_now"]),
        "roles": "; ".join(one.role for one in facts["active_now"]),
        "group": facts["group"],
        "reason": reason_of(person),
        "left_on": facts["left_on"],
        "last_day": facts["last_day"],
        "source": source_of(person),
        "seats": facts["seats"],
        "monthly_cost": None if facts["price"] is None else facts["price"] * facts["seats"],
        "currency": facts["currency"],
        "protected": protected,
        "case": facts["case_id"],
        "case_state": facts["case_state"],
    }


def case_rows(found: QuerySet[Case]) -> Iterator[Mapping[str, object]]:
    for case in found.order_by("pk").iterator(chunk_size=AT_A_TIME):
        record = case_record(case)
        yield {name: _in_a_cell(record[name]) for name in CASE_COLUMNS}


def _in_a_cell(value: object) -> object:
    return "; ".join(map(str, value)) if isinstance(value, list) else value
