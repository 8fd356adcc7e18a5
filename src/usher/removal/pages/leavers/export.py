"""Leavers for spreadsheets, in constant memory."""

from collections.abc import Iterator, Mapping
from itertools import islice

from django.db.models import QuerySet

from usher.removal.guardrails.protection import reasons_why_protected
from usher.removal.guardrails.remarks import current_remarks, in_words
from usher.removal.leavers.candidates import with_active_memberships
from usher.removal.leavers.query import reason_of, source_of
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
    "remarks",
    "unanswered_remarks",
    "seats",
    "monthly_cost",
    "currency",
    "protected",
    "case",
    "case_state",
)


def leaver_rows(leavers: QuerySet[Person]) -> Iterator[Mapping[str, object]]:
    people = leavers.prefetch_related(with_active_memberships()).iterator(chunk_size=AT_A_TIME)
    while batch := list(islice(people, AT_A_TIME)):
        protected = reasons_why_protected([person for person in batch if vars(person)["is_protected"]])
        remarks = current_remarks([person.pk for person in batch])
        for person in batch:
            in_row = " ".join(in_words(remark) for remark in remarks.get(person.pk, ()))
            yield _leaver_row(person, protected.get(person.pk, ""), in_row)


def _leaver_row(person: Person, protected: str, remarks: str) -> dict[str, object]:
    annotations = vars(person)
    price = annotations["price"]
    return {
        "gid": person.gid,
        "name": person.name,
        "email": person.email,
        "connection": person.connection.name,
        "workspaces": "; ".join(one.workspace.name for one in annotations["active_now"]),
        "roles": "; ".join(one.role for one in annotations["active_now"]),
        "group": annotations["group"],
        "reason": reason_of(person),
        "left_on": annotations["left_on"],
        "last_day": annotations["last_day"],
        "source": source_of(person),
        "remarks": remarks,
        "unanswered_remarks": annotations["unanswered_remarks"],
        "seats": annotations["seats"],
        "monthly_cost": None if price is None else price * annotations["seats"],
        "currency": annotations["currency"],
        "protected": protected,
        "case": annotations["case_id"],
        "case_state": annotations["case_state"],
    }
