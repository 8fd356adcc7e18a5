"""Who works at the demo's company, who leaves and when: planned before the history is played."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from usher.sandbox import RunningSandbox
from usher.sandbox.company.company import Company, Person, Workspace
from usher.sandbox.company.personas import persona_of
from usher.sandbox.company.timeline import MEMBER, History

POOL_OF_THE_PLAN = 85
"""Ordinary members in a company of 400. In a smaller one, fewer of them leave."""
REMOVED = (
    *(-171, -171, -157, -157),
    *(-143, -143, -129, -129),
    *(-115, -115, -108, -101, -101, -94, -94),
    *(-87, -80, -80, -66, -66),
    *(-59, -59, -52, -45, -45, -38, -38, -31),
    *(-24, -24, -17, -12, -12),
)
"""Last days of work, in days from today, of people who have been removed since."""
STILL_THERE = (-9, -7, -6, -5, -3, -2)
"""The same of people who still have access to Asana."""
LEAVING = (4, 11)
UNLISTED = 3
AWAY = 5
AWAY_SINCE_DAYS = 24
CONTRACTOR_EVERY = 9

DEPARTMENTS = ("Engineering", "Finance", "Legal", "Marketing", "Operations", "People", "Product", "Sales")
PLAIN_ADDRESS = re.compile(r"[a-z]{3,}\.[a-z]{3,}@")
KNOWN_AHEAD = timedelta(days=35)
"""HR knows a last day before the next of its monthly exports."""
EPOCH = date(1970, 1, 1)
AT_WORK = ("office worker", "long session", "part-timer")


@dataclass(frozen=True)
class Leaver:
    person: Person
    last_day: date


@dataclass
class Workforce:
    """The people of the company by their part in the demo. The lists don't overlap."""

    company: Company
    workspace: Workspace
    first_day: date
    admin: Person
    operator: Person
    approver: Person
    removed: list[Leaver] = field(default_factory=list)
    still_there: list[Leaver] = field(default_factory=list)
    leaving: list[Leaver] = field(default_factory=list)
    unlisted: list[Person] = field(default_factory=list)
    """Not in the directory, though they work in Asana."""
    away: list[Person] = field(default_factory=list)
    """On a long leave, so that their licences can be paused. The second one comes back."""
    stay: list[Person] = field(default_factory=list)

    @property
    def leavers(self) -> list[Leaver]:
        return [*self.removed, *self.still_there, *self.leaving]

    def department(self, person: Person) -> str:
        if person in (self.admin, self.operator, self.approver):
            return "IT"
        return DEPARTMENTS[person.number % len(DEPARTMENTS)]

    def manager(self, person: Person) -> Person | None:
        """Of the same department, and somebody who stays. The heads of department report to the admin."""
        if person is self.admin:
            return None
        team = [one for one in self.stay if self.department(one) == self.department(person)]
        if not team or person is team[0]:
            return self.admin
        leads = team[1 : 1 + max(1, len(team) // 8)]
        return team[0] if person in leads or not leads else leads[person.number % len(leads)]

    def is_contractor(self, person: Person) -> bool:
        return person.number % CONTRACTOR_EVERY == 5 and self.department(person) != "IT"

    def employees(self, day: date) -> Iterator[tuple[Person, date | None]]:
        """Everyone whom the HR system lists on a day, and their last day of work if it is known by then."""
        last_days = {leaver.person.number: leaver.last_day for leaver in self.leavers}
        unlisted = {person.number for person in self.unlisted}
        for person, history in self._internal():
            until_then = [change for change in history if _day(change[0]) <= day]
            if person.number in unlisted or not until_then:
                continue
            last_day = last_days.get(person.number)
            at, standing = until_then[-1]
            if last_day is None and standing.status != "active":
                last_day = _day(at)  # an admin has removed them in Asana itself
            if last_day is not None and last_day < self.first_day:
                continue
            yield person, last_day if last_day and last_day <= day + KNOWN_AHEAD else None

    def _internal(self) -> Iterator[tuple[Person, History]]:
        for number in self.workspace.members:
            membership = self.company.memberships[number]
            person = self.company.people[membership.person]
            domain = (person.email or "").rpartition("@")[2].lower()
            if domain in self.workspace.email_domains and not person.is_service_account:
                yield person, self.company.founded(membership)


def plan(sandbox: RunningSandbox, first_day: date, today: date) -> Workforce:
    """Chooses who leaves when, and has them stop working then."""
    company = sandbox.company
    admin = company.people[next(a.person for a in company.accounts if "sandbox-pat-1" in a.tokens)]
    workspace = company.workspaces[company.memberships[admin.memberships[0]].workspace]
    pool = _ordinary_members(company, workspace, first_day)
    operator, approver, *pool = pool
    workforce = Workforce(company, workspace, first_day, admin, operator, approver)
    share = min(1.0, len(pool) / POOL_OF_THE_PLAN)

    def leave(days: Sequence[int], at_least: int) -> list[Leaver]:
        count = max(at_least, round(len(days) * share))
        chosen = [days[number * len(days) // count] for number in range(count)]
        return [Leaver(pool.pop(0), _weekday(today + timedelta(days=day))) for day in chosen]

    workforce.still_there = leave(STILL_THERE, 3)
    workforce.leaving = leave(LEAVING, 1)
    workforce.removed = leave(REMOVED, 2)
    workforce.unlisted = [pool.pop(0) for _ in range(round(UNLISTED * share))]
    workforce.away = [pool.pop() for _ in range(min(len(pool), max(2, round(AWAY * share))))]
    workforce.stay = pool
    for leaver in workforce.leavers:
        sandbox.sandbox.activity.life.stop(leaver.person, (leaver.last_day - EPOCH).days + 1)
    day = today - timedelta(days=AWAY_SINCE_DAYS)
    for person in workforce.away[:1] + workforce.away[2:]:
        sandbox.sandbox.activity.life.stop(person, (day - EPOCH).days)
    return workforce


def _ordinary_members(company: Company, workspace: Workspace, first_day: date) -> list[Person]:
    """People who work in Asana every week, are members all the time and admins nowhere, always in the same order."""
    signing_in = {account.person for account in company.accounts}
    return [
        person
        for membership in map(company.memberships.__getitem__, workspace.members)
        if (person := company.people[membership.person])
        and person.number not in signing_in
        and PLAIN_ADDRESS.match(person.email or "")
        and not membership.never_joined
        and len(membership.history) == 1
        and _day(membership.created_at) < first_day
        and all(now is MEMBER for n in person.memberships for _, now in company.memberships[n].history)
        and persona_of(company, person).kind in AT_WORK
    ]


def _weekday(day: date) -> date:
    """The day or, at a weekend, the Friday before."""
    return day - timedelta(days=max(0, day.weekday() - 4))


def _day(moment: int) -> date:
    return datetime.fromtimestamp(moment, UTC).date()
