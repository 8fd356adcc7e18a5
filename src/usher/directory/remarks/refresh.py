"""Bringing remarks up to date: of some people, or of everybody who may be removed."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from usher.connections.models import Connection
from usher.directory.employment.possible_leavers import possible_leavers
from usher.directory.employment.status import LEAVER_GROUPS, in_groups
from usher.directory.locks import remarks_alone
from usher.directory.models import Employee, Match, Remark
from usher.directory.remarks.facts import facts_of
from usher.directory.remarks.rules import FoundRemark, remarks_about
from usher.platform.scope import whole_installation
from usher.roster.models import Person

BATCH = 1_000
FOUND_ELSEWHERE = (Remark.Kind.ASANA_CHANGED,)
"""Kinds that come from whoever looks into Asana, not from here."""


@whole_installation()
def refresh_remarks(people: Iterable[int], today: date | None = None) -> None:
    """The remarks about these people (by primary key), whatever their group. Answers are kept."""
    today = today or datetime.now(UTC).date()
    keys = sorted(set(people))
    for start in range(0, len(keys), BATCH):
        batch = keys[start : start + BATCH]
        with transaction.atomic():
            remarks_alone()
            found = {pk: remarks_about(facts, today) for pk, facts in facts_of(batch, today)}
            _store(found)


def refresh_all_remarks(today: date | None = None, connection: Connection | None = None) -> None:
    """Of everybody whom remarks may concern. Where a connection is given, of its people alone."""
    today = today or datetime.now(UTC).date()
    people = Person.objects.all() if connection is None else Person.objects.filter(connection=connection)
    refresh_remarks(_concerned(people, today), today)


def refresh_recent_remarks(since: timedelta, today: date | None = None) -> int:
    """Of those whom remarks may concern and whose employees changed within that time. Returns how many people."""
    today = today or datetime.now(UTC).date()
    changed = Employee.objects.filter(changed_at__gte=timezone.now() - since)
    matches = Match.objects.filter(employee__in=changed, state=Match.State.MATCHED)
    people = set(matches.values_list("person", flat=True))
    if people:
        # After an import these are nearly everybody: those concerned are looked for among all.
        people &= _concerned(Person.objects.all(), today)
    refresh_remarks(people, today)
    return len(people)


def _concerned(people: QuerySet[Person], today: date) -> set[int]:
    """Who left, is leaving or is no longer listed, and everybody with a remark. Nobody reads those of others, unless
    a case is opened, which looks for itself.
    """
    concerned = set(people.filter(in_groups(LEAVER_GROUPS, today)).values_list("pk", flat=True))
    concerned.update(possible_leavers(people, today).values_list("pk", flat=True))
    concerned.update(
        Remark.objects.filter(is_current=True, person__in=people).values_list("person", flat=True)
    )
    return concerned


def _store(found: dict[int, list[FoundRemark]]) -> None:
    stored = {
        (remark.person_id, remark.kind, remark.fingerprint): remark
        for remark in Remark.objects.filter(person__in=found).exclude(kind__in=FOUND_ELSEWHERE)
    }
    wanted = {(pk, each.kind.value, each.fingerprint): each for pk, those in found.items() for each in those}
    new = [
        Remark(person_id=key[0], kind=key[1], text=each.text, fingerprint=key[2])
        for key, each in wanted.items()
        if key not in stored
    ]
    Remark.objects.bulk_create(new)
    changed: list[Remark] = []
    over: list[int] = []
    for key, remark in stored.items():
        each = wanted.get(key)
        if each is not None and (not remark.is_current or remark.text != each.text):
            remark.is_current, remark.text = True, each.text
            changed.append(remark)
        elif each is None and remark.answered_at is None:
            over.append(remark.pk)
        elif each is None and remark.is_current:
            remark.is_current = False
            changed.append(remark)
    if changed:
        Remark.objects.bulk_update(changed, ["is_current", "text"])
    if over:
        Remark.objects.filter(pk__in=over).delete()
