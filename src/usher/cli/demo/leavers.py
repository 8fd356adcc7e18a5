"""The demo's company directory, its leavers, and cases in every state, so that each page has something to show."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from usher.connections.models import Connection
    from usher.ledger.actors import Actor
    from usher.roster.models import Person

DEPARTMENTS = ("Finance", "Legal", "Marketing", "Operations", "People", "Product", "Sales")
LEFT_DAYS_AGO = (2, 3, 5, 9, 14, 21, 34, 61)
LEAVES_IN_DAYS = (4, 11)
NOT_IN_THE_DIRECTORY = 4


def people_leave(connection: Connection, now: datetime) -> None:
    """A directory by CSV, in which ten are gone or going; guardrails that do not keep a visitor waiting."""
    from usher.directory.models import Protected
    from usher.removal.models import Guardrails
    from usher.roster.models import SeatPrice

    today = now.date()
    staff = _staff(connection)
    leavers, known = staff[: len(LEFT_DAYS_AGO)], staff[len(LEFT_DAYS_AGO) :]
    leaving, known = known[: len(LEAVES_IN_DAYS)], known[len(LEAVES_IN_DAYS) :]
    stays = known[NOT_IN_THE_DIRECTORY:]
    before = [*leavers, *leaving, *stays]
    _import(_csv(before, {}), now - timedelta(days=70), "employees-september.csv")
    days = {
        person.pk: today - timedelta(days=ago) for person, ago in zip(leavers, LEFT_DAYS_AGO, strict=True)
    }
    days |= {
        person.pk: today + timedelta(days=ahead)
        for person, ahead in zip(leaving, LEAVES_IN_DAYS, strict=True)
    }
    _import(_csv(before, days), now, "employees-november.csv")
    SeatPrice.objects.create(connection=connection, amount=Decimal("24.99"), currency="EUR")
    settings = Guardrails.get()
    settings.grace_minutes, settings.quiet_from, settings.quiet_until = 2, None, None
    settings.save()
    Protected.objects.create(
        person=leavers[7], why=Protected.Why.INTEGRATION, note="Owns the rules of the Sales team", by="Usher"
    )
    Protected.objects.create(pattern="*.bot@*", why=Protected.Why.SERVICE_ACCOUNT, by="Usher")
    _cases(leavers, leaving, stays)


def _staff(connection: Connection) -> list[Person]:
    """Members with everyday names who are no admins and not external, always the same."""
    from usher.roster.models import Membership, Person, Role, Status

    admins = Membership.objects.filter(role=Role.ADMIN).values("person")
    domains = {domain for workspace in connection.workspaces.all() for domain in workspace.email_domains}
    return list(
        Person.objects.filter(
            connection=connection,
            domain__in=domains,
            memberships__status=Status.ACTIVE,
            memberships__role=Role.MEMBER,
            email__regex=r"^[a-z]{3,}\.[a-z]{3,}@",
        )
        .exclude(name__contains="Bot")
        .exclude(pk__in=admins)
        .exclude(gid=connection.asana_user_gid)
        .distinct()
        .order_by("gid")
    )


def _csv(people: Iterable[Person], last_days: dict[int, date]) -> bytes:
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(["Employee ID", "Name", "Work email", "Department", "Manager email", "Type", "Last day"])
    listed = list(people)
    for number, person in enumerate(listed):
        manager = listed[number // 8].email if number >= 8 else ""
        kind = "Contractor" if number % 11 == 5 else "Employee"
        last_day = last_days.get(person.pk)
        department = DEPARTMENTS[number % len(DEPARTMENTS)]
        writer.writerow(
            [f"E{1000 + number}", person.name, person.email, department, manager, kind, last_day or ""]
        )
    return file.getvalue().encode()


def _import(content: bytes, seen_at: datetime, name: str) -> None:
    from usher.directory.imports.importing import apply
    from usher.directory.imports.read import layout_of_file
    from usher.directory.models import Source
    from usher.directory.sources import add
    from usher.ledger.actors import SYSTEM

    source = Source.objects.filter(name="HR system").first() or add(SYSTEM, "HR system")
    form = layout_of_file(content, source.mapping)
    apply(source, content, form, SYSTEM, name, seen_at, accepted_drops=1_000_000)


def _cases(leavers: list[Person], leaving: list[Person], stays: list[Person]) -> None:
    """Two done, one scheduled for a last day to come, two that wait for the visitor's approval, an idle draft."""
    from usher.removal.cases.opening import CaseRequest, open_case
    from usher.removal.cases.transitions import approve, request_approval
    from usher.removal.execution.runner import run_due
    from usher.removal.models import Case, Guardrails

    operator, approver = (
        _demo_person("olga", "Olga Brandt", "operator"),
        _demo_person("ben", "Ben Osei", "approver"),
    )
    wish = CaseRequest(cause=Case.Cause.DIRECTORY, reason="Left the company")
    Guardrails.objects.update(grace_minutes=0)
    for person in leavers[:2]:
        handed = CaseRequest(cause=wish.cause, reason=wish.reason, hand_over_to=stays[0])
        approve(
            request_approval(open_case(person, handed, operator), operator),
            approver,
            note="Checked with HR",
        )
    asyncio.run(run_due(leavers[0].connection_id))
    Guardrails.objects.update(grace_minutes=2)
    approve(request_approval(open_case(leaving[0], wish, operator), operator), approver)
    for person in leavers[2:4]:
        request_approval(open_case(person, wish, operator), operator)
    idle = CaseRequest(cause=Case.Cause.IDLE, reason="Not seen for a quarter")
    open_case(stays[-1], idle, operator)


def _demo_person(name: str, full_name: str, role: str) -> Actor:
    from usher.access.models import User
    from usher.access.roles import actor_for

    email = f"{name}@halvorsen-brook.example"
    user = User.objects.create_user(email, email, name=full_name, role=role)
    return actor_for(user, via="page")
