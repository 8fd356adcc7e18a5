"""What Usher knows about a person when a case is opened, requested, approved and run. It is stored with the case."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.utils import timezone

from usher.activity.models import PersonUsage
from usher.directory.employment.status import Employment, employment_of
from usher.directory.models import Employee, Remark
from usher.directory.remarks.questions import current
from usher.directory.remarks.said import SourceWord, what_sources_say
from usher.roster.models import Person
from usher.roster.query import memberships


@dataclass(frozen=True)
class PersonSnapshot:
    """`said`: what each source says. `remarks`: what does not fit, answered or not."""

    at: datetime
    name: str
    email: str
    employment: Employment
    said: list[SourceWord]
    remarks: list[Remark]
    last_used_at: datetime | None
    memberships: list[dict[str, object]]

    @property
    def last_day(self) -> date | None:
        """Only of people still at work; None for those who have left."""
        return self.employment.last_day if self.employment.status == Employee.Status.LEAVING else None

    def as_json(self) -> dict[str, object]:
        """As stored with the case, and shown in its evidence."""
        employment = self.employment
        return {
            "employment": {
                "group": str(employment.group),
                "status": str(employment.status) if employment.status else None,
                "last_day": employment.last_day.isoformat() if employment.last_day else None,
                "left_on": employment.left_on.isoformat() if employment.left_on else None,
                "source": employment.source,
                "reason": employment.reason,
            },
            "at": self.at.isoformat(),
            "name": self.name,
            "email": self.email,
            "said": [_word(one) for one in self.said],
            "remarks": [_remark(one) for one in self.remarks],
            "last_used_at": self.last_used_at.isoformat() if self.last_used_at else None,
            "memberships": self.memberships,
        }


def _word(word: SourceWord) -> dict[str, object]:
    return {
        "source": word.source,
        "rank": word.rank,
        "status": str(word.status),
        "text": word.text,
        "as_of": word.as_of.isoformat(),
        "counts": word.counts,
    }


def _remark(remark: Remark) -> dict[str, object]:
    return {
        "number": remark.pk,
        "kind": str(remark.kind),
        "text": remark.text,
        "seen_at": remark.seen_at.isoformat(),
        "answered_at": remark.answered_at.isoformat() if remark.answered_at else None,
        "answered_by": remark.answered_by,
        "why": remark.why,
    }


def snapshot_of(person: Person, *, with_contradictions: bool = True) -> PersonSnapshot:
    """`with_contradictions`: also what each source says, and the remarks."""
    today = timezone.localdate(timezone=ZoneInfo(person.connection.time_zone))
    usage = PersonUsage.objects.filter(connection=person.connection_id, user_gid=person.gid).first()
    return PersonSnapshot(
        at=timezone.now(),
        name=person.name,
        email=person.email,
        said=what_sources_say(person, today) if with_contradictions else [],
        remarks=list(current(person)) if with_contradictions else [],
        employment=employment_of(person, today),
        last_used_at=usage.last_used_at if usage else None,
        memberships=[
            {
                "workspace": one.workspace.name,
                "workspace_gid": one.workspace.gid,
                "status": str(one.status),
                "role": str(one.role),
                "licence": str(one.licence),
                "since": one.since.isoformat(),
            }
            for one in memberships(person.connection).filter(person=person).order_by("workspace__name")
        ],
    )
