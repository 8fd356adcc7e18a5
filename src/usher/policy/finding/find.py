"""Whom a definition finds in one connection, on each of the last days."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from usher.activity.models import ListedMembership
from usher.activity.usage.conditions import affiliated
from usher.activity.usage.conditions import listed as listed_memberships
from usher.activity.usage.figures import local_day, sources_by_workspace
from usher.connections.models import Connection
from usher.directory.employment.status import EmploymentGroup
from usher.policy.definition import ACTS_ON_PEOPLE, Affiliation, Definition, finds_by_directory
from usher.policy.finding.days import LastDays
from usher.policy.finding.employment import DirectoryWord, EmploymentDays, unknown_since, words_of
from usher.policy.finding.memberships import MembershipDays, changes_since, days_of
from usher.policy.finding.pauses import BackFromPauseDays
from usher.policy.finding.usage import IdleDays, IntegrationDays, NeverCameDays
from usher.removal.guardrails.protection import reasons_why_protected
from usher.removal.leavers.query import is_protected
from usher.roster.models import Licence, Person, Status

SEATS = (Licence.MEMBER,)
BATCH = 2_000
UsageDays = IdleDays | NeverCameDays | IntegrationDays | BackFromPauseDays


@dataclass(frozen=True)
class FoundMember:
    """A membership, the days on which it is found, and why it is left out all the same; empty if it is not."""

    listed: ListedMembership
    days: int
    left_out: str = ""
    says: str = ""
    """What was found, where the rule alone does not say it."""


@dataclass
class Finder:
    """Finds for one definition in one connection. `history`: how many days, with today."""

    definition: Definition
    connection: Connection
    history: int = 1
    now: datetime = field(default_factory=timezone.now)

    _protected: dict[int, str] = field(default_factory=dict, init=False)
    _back: BackFromPauseDays | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.days = LastDays(local_day(self.connection, self.now), self.history)
        exceptions = self.definition.exceptions
        self._departments = {_spelling(one) for one in self.definition.who.departments}
        self._excepted_departments = {_spelling(one) for one in exceptions.departments}
        self._excepted_people = {each.strip().lower() for each in exceptions.people}

    def find(self) -> Iterator[FoundMember]:
        """Each membership that is found on at least one of the days, by name."""
        survivors = self._by_usage()
        people = {row.person_id for row, _ in survivors}
        words = self._words(people)
        employment = EmploymentDays(words, self.days)
        unknown = unknown_since(self.connection) if self.definition.who.unknown_for else {}
        changes = changes_since(self.connection, self.days) if self.history > 1 else {}
        self._protected = self._reasons_why_protected(people)
        for row, mask in survivors:
            word = words.get(row.person_id)
            mask &= self._by_directory(row.person_id, word, employment, unknown)
            if mask:
                mask &= self._by_membership(days_of(row, changes.get(row.pk, ()), self.days, self.connection))
            if mask:
                says = self._back.says(row) if self._back is not None else ""
                yield FoundMember(row, mask, self._why_left_out(row, word), says)

    def _by_usage(self) -> list[tuple[ListedMembership, int]]:
        conditions = self._usage_conditions()
        survivors = []
        for row in self._candidates().iterator(chunk_size=BATCH):
            mask = self.days.all
            for each in conditions:
                mask &= each.of(row)
            if mask:
                survivors.append((row, mask))
        return survivors

    def _by_directory(
        self,
        person: int,
        word: DirectoryWord | None,
        employment: EmploymentDays,
        unknown: Mapping[int, date],
    ) -> int:
        who, mask = self.definition.who, self.days.all
        if who.left:
            mask &= employment.left(person)
        if who.leaving_within is not None:
            mask &= employment.leaving_within(person, who.leaving_within)
        if who.unknown_for is not None:
            mask &= employment.unknown_for(person, who.unknown_for, unknown)
        if self._departments and (word is None or _spelling(word.department) not in self._departments):
            return 0
        return mask

    def _by_membership(self, membership: MembershipDays) -> int:
        who, mask = self.definition.who, membership.active
        # Who is idle has a seat to give up, unless the rule asks for others.
        licences = who.licences or (SEATS if who.idle_for is not None else ())
        if who.roles:
            mask &= membership.of_roles(who.roles)
        if licences:
            mask &= membership.of_licences(licences)
        return mask

    def _candidates(self) -> QuerySet[ListedMembership]:
        """As few as can be told by what does not depend on the day."""
        who = self.definition.who
        rows = listed_memberships(self.connection)
        if who.affiliation is not None:
            rows = rows.filter(affiliated(is_internal=who.affiliation is Affiliation.INTERNAL))
        if who.workspaces:
            rows = rows.filter(workspace__gid__in=who.workspaces)
        if who.domains:
            rows = rows.filter(domain__in=[each.strip().lstrip("@").lower() for each in who.domains])
        if self.history == 1:
            rows = rows.filter(status=Status.ACTIVE)
        else:
            rows = rows.filter(Q(status=Status.ACTIVE) | Q(until__date__gte=self.days.first))
        if finds_by_directory(who):
            rows = rows.exclude(person__standing__group=EmploymentGroup.SERVICE_ACCOUNT)
        return rows.select_related(None).select_related("person").order_by("name", "pk")

    def _words(self, people: set[int]) -> dict[int, DirectoryWord]:
        who, exceptions = self.definition.who, self.definition.exceptions
        rests_on_it = who.departments or finds_by_directory(who) or exceptions.departments
        if not rests_on_it and not exceptions.on_leave:
            return {}
        return words_of(self.connection, people, self.days.today)

    def _usage_conditions(self) -> list[UsageDays]:
        who, found = self.definition.who, list[UsageDays]()
        sources = sources_by_workspace(self.connection)
        if who.idle_for is not None:
            found.append(IdleDays(self.connection, sources, self.days, who.idle_for, who.at_least, self.now))
        if who.never_came_within is not None:
            found.append(NeverCameDays(self.connection, sources, self.days, who.never_came_within, self.now))
        if who.only_integrations:
            found.append(IntegrationDays(self.connection, self.days))
        if who.back_from_pause_within is not None:
            self._back = BackFromPauseDays(self.connection, self.days, who.back_from_pause_within)
            found.append(self._back)
        return found

    def _reasons_why_protected(self, people: set[int]) -> dict[int, str]:
        """Of those with whom the rule may do something. A list may name them all the same."""
        if self.definition.what.does not in ACTS_ON_PEOPLE:
            return {}
        known = Person.objects.filter(connection=self.connection).annotate(is_protected=is_protected())
        protected = known.filter(is_protected=True).select_related("connection")
        return reasons_why_protected([person for person in protected if person.pk in people])

    def _why_left_out(self, row: ListedMembership, word: DirectoryWord | None) -> str:
        if row.person_id in self._protected:
            return self._protected[row.person_id]
        exceptions = self.definition.exceptions
        if self._excepted_people & {row.email.lower(), row.person.gid}:
            return "An exception of this rule."
        if word is not None and _spelling(word.department) in self._excepted_departments:
            return f"An exception of this rule: the department {word.department}."
        # Whoever has left while on leave has left.
        if exceptions.on_leave and word is not None and word.on_leave and word.group != EmploymentGroup.LEFT:
            return "On leave, according to the directory."
        if exceptions.joined_within is not None:
            joined = local_day(self.connection, row.since)
            if joined + timedelta(days=exceptions.joined_within) > self.days.today:
                return f"Joined within the last {exceptions.joined_within} days."
        return ""


def _spelling(department: str) -> str:
    """Without capitals: a wrong one must not make an exception void."""
    return department.strip().casefold()
