"""What a file would change, and what it leaves open; shown before it is applied."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

from django.db import transaction
from django.db.models import Q

from usher.directory.employees.bulk import compare
from usher.directory.employees.list_tally import LeftOutPeople, ListTally, PlannedChange
from usher.directory.imports.list_questions import GONE, ListAnswers, list_questions
from usher.directory.imports.list_scope import scope_of_list
from usher.directory.imports.questions import Question
from usher.directory.imports.reading import FileReading
from usher.directory.imports.rows import RowReader
from usher.directory.imports.rows_seen import RowsSeen
from usher.directory.locks import source_alone
from usher.directory.matching.person_keys import refresh_person_keys
from usher.directory.models import EmployeeChange, Import, Source
from usher.directory.normalise import normal_address
from usher.platform.scope import current_scope, seen_with, whole_installation
from usher.roster.models import SEAT, Membership, Person
from usher.roster.query import IN_SCOPE

SAMPLES = 10
SEATS_SHOWN = 50
CHUNK = 5_000
OPEN_AT_ONCE = 3
"""So many questions are shown; the next ones follow when these are answered."""

REMARK_LABELS = {
    "rehired": "Hired again",
    "old_last_day": "Active, with an old last day",
    "recent_last_day": "Active, with a last day in the past",
    "contract_ended": "Contract ended, and nothing says that they left",
    "account_expired": "Account expired, and nothing says that they left",
    "sign_in_off": "Sign-in switched off, and nothing says that they left",
    "leave_and_last_day": "On leave, with a last day",
    "statuses_disagree": "Two statuses disagree",
    "day_unreadable": "A day could not be read",
    "last_days_disagree": "Two last days disagree",
    "no_last_day": "Leaving, without a last day",
    "row_unreadable": "Row was left out",
}
"""Of the remarks on rows: kind → label."""

Kind = EmployeeChange.Kind
Value = TypeVar("Value")


@dataclass
class ImportPreview:
    """What a file would change. `seats` are people in Asana who have left or are leaving, according to the file."""

    layout: FileReading
    tally: ListTally
    seen: RowsSeen
    samples: dict[str, list[PlannedChange]]
    seat_count: int
    seats: list[Person]
    list_questions: list[Question]

    @property
    def questions(self) -> list[Question]:
        """Those about how the file is read come first: the others depend on them."""
        return self.layout.questions or self.list_questions

    @property
    def open_questions(self) -> list[Question]:
        return self.questions[:OPEN_AT_ONCE]

    @property
    def can_apply(self) -> bool:
        return not self.questions

    def count(self, kind: str) -> int:
        """How many changes of a kind."""
        return self.tally.kinds[Kind(kind)]


@dataclass
class PreviewSamples:
    """Collects from all changes what a preview shows."""

    samples: dict[str, list[PlannedChange]] = field(default_factory=dict)
    leaving: list[int] = field(default_factory=list)
    leaving_addresses: set[str] = field(default_factory=set)

    def take(self, changes: Iterable[PlannedChange]) -> None:
        for change in changes:
            sample = self.samples.setdefault(change.kind.value, [])
            if len(sample) < SAMPLES:
                sample.append(change)
            if change.kind in (Kind.LEFT, Kind.LEAVING):
                if change.employee is None:
                    self.leaving_addresses.update(
                        filter(None, map(normal_address, (change.after.email, *change.after.other_addresses)))
                    )
                else:
                    self.leaving.append(change.employee)


def _as_if_added(name: str) -> Source:
    seen = current_scope().connections
    with whole_installation():
        return Source.objects.create(
            name=name, kind=Source.Kind.CSV, connections=None if seen is None else sorted(seen)
        )


def preview(
    source: Source | None, content: bytes, layout: FileReading, seen_at: datetime, new_source: str = ""
) -> ImportPreview:
    """What the file would change; changes nothing. Without a source, as if one of the name were there.

    Raises UnreadableFile.
    """
    collected, answers = PreviewSamples(), ListAnswers.given(layout.chosen)
    today = seen_at.astimezone(UTC).date()
    with transaction.atomic(), seen_with(scope_of_list(source)):
        of = source or _as_if_added(new_source)
        source_alone(of.pk)
        refresh_person_keys()  # of people whom no sync has matched yet
        seen = RowsSeen.looking_for(today, everybody=answers.asks_for_everybody(of))
        tally = compare(
            of,
            seen.through(RowReader(layout, today).rows()),
            seen_at,
            collected.take,
            lists_everyone=answers.lists_everyone(of),
            keys=answers.keys,
            gone_since=last_accepted_drop(of),
        )
        people = _with_seat(collected)
        questions = list_questions(of, tally, seen, answers, seats_left_out(of, tally.unread))
        transaction.set_rollback(True)
    shown = sorted(people)[:SEATS_SHOWN]
    seats = Person.objects.filter(pk__in=shown).select_related("connection").order_by("name", "pk")
    return ImportPreview(layout, tally, seen, collected.samples, len(people), list(seats), questions)


def last_accepted_drop(source: Source) -> datetime | None:
    """When somebody last said that a list which had shrunk is complete. What was gone until then is answered."""
    applied = source.imports.filter(state=Import.State.APPLIED, mapping__has_key=GONE)
    return applied.order_by("-applied_at").values_list("applied_at", flat=True).first()


def seats_left_out(source: Source, unread: LeftOutPeople) -> int:
    """How many people with a seat in Asana a row that was left out may belong to."""
    if not unread:
        return 0
    people: set[int] = set()
    seats = Membership.objects.filter(SEAT, IN_SCOPE)
    of = {"person__matches__employee__source": source, "person__matches__state": "matched"}
    for field_name, values in (("key", unread.keys), ("name_key", unread.names)):
        for some in _chunks(sorted(values)):
            theirs = Q(**of, **{f"person__matches__employee__{field_name}__in": some})
            people.update(seats.filter(theirs).values_list("person_id", flat=True))
    for some in _chunks(sorted(unread.addresses)):
        theirs = Q(**of, person__matches__employee__addresses__overlap=some) | Q(
            person__key__address__in=some
        )
        people.update(seats.filter(theirs).values_list("person_id", flat=True))
    return len(people)


def _with_seat(collected: PreviewSamples) -> set[int]:
    """The people among the leavers who have a seat in Asana."""
    seats = Membership.objects.filter(SEAT, IN_SCOPE)
    people: set[int] = set()
    for those in _chunks(collected.leaving):
        matched = Q(person__matches__employee__in=those, person__matches__state="matched")
        people.update(seats.filter(matched).values_list("person_id", flat=True))
    for some in _chunks(sorted(collected.leaving_addresses)):
        key = Q(person__key__address__in=some)
        people.update(seats.filter(key).values_list("person_id", flat=True))
    return people


def _chunks(values: list[Value]) -> Iterable[list[Value]]:
    return (values[start : start + CHUNK] for start in range(0, len(values), CHUNK))
