"""An invented company: people, workspaces, and memberships with their history; reproducible by its seed."""

from __future__ import annotations

from array import array
from datetime import UTC, date, datetime

import msgspec

from usher.sandbox.company.gids import Gid, Gids
from usher.sandbox.company.timeline import History, Standing, standing_at


class Person(msgspec.Struct, gc=False):
    number: int
    name: str
    email: str | None
    memberships: tuple[int, ...] = ()
    is_service_account: bool = False


class Workspace(msgspec.Struct):
    number: int
    gid: Gid
    name: str
    is_organization: bool
    email_domains: tuple[str, ...]
    members: array[int]
    """Numbers of memberships, in the order in which they are listed."""
    is_free: bool = False
    is_pseudo: bool = False
    """Personal Projects: no teams, no tasks, no projects."""


class Membership(msgspec.Struct, gc=False):
    number: int
    person: int
    workspace: int
    history: History
    never_joined: bool = False
    """Invited, but never accepted. Asana's API does not show the difference; the truth does."""

    @property
    def created_at(self) -> int:
        return self.history[0][0]

    def at(self, moment: float) -> Standing | None:
        return standing_at(self.history, moment)

    def is_listed(self, moment: float) -> bool:
        now = standing_at(self.history, moment)
        return now is not None and now.status != "vanished"

    def is_active(self, moment: float) -> bool:
        now = standing_at(self.history, moment)
        return now is not None and now.status == "active"

    def never_left(self, moment: float) -> bool:
        """People who left and returned start without their old teams and tasks."""
        return all(then.status == "active" for at, then in self.history if at <= moment)


class Account(msgspec.Struct, frozen=True):
    """A person or service account to sign in as, by consent or by token."""

    person: int
    role: str
    tokens: tuple[str, ...]
    is_service_account: bool = False
    may_read_audit_log: bool = False


def anchor_for(today: date) -> date:
    """The latest 1 January or 1 July, so that a restart on another day gives the same company."""
    return date(today.year, 1 if today.month < 7 else 7, 1)


class Company:
    """Create it with `generate`. The number of a person, workspace or membership is its index in the list."""

    def __init__(self, seed: int, anchor: date, *, has_oddities: bool = True) -> None:
        self.seed = seed
        self.anchor = anchor
        self.has_oddities = has_oddities
        self.gids = Gids(seed)
        self.people: list[Person] = []
        self.workspaces: list[Workspace] = []
        self.memberships: list[Membership] = []
        self.accounts: list[Account] = []
        self.altered: dict[int, History] = {}
        """The original histories of the memberships that callers changed, by number."""
        self.paused: list[tuple[int, int, int, int]] = []
        """Pauses by callers: workspace, moment in seconds, type of event, person."""
        self.happened: list[tuple[int, int, int, int, int, int]] = []
        """Other events by callers: workspace, moment in milliseconds, type of event, actor, context, resource."""
        self.revision = 0
        """How many changes callers have made."""
        self._by_email: dict[str, int] | None = None

    @classmethod
    def generate(
        cls,
        people: int,
        seed: int,
        *,
        equal_workspaces: int | None = None,
        free: bool = False,
        today: date | None = None,
        oddities: bool = True,
    ) -> Company:
        """A company with `people` people, as of `today` (default: the day in UTC).

        Dates are relative to the latest 1 January or 1 July: within a half-year, the same arguments give the
        same company. `equal_workspaces`: this many organizations share `people` memberships evenly, without
        history. `free`: on Asana's free plan. `oddities`: some people have names that break exports, tables
        and e-mails elsewhere, and the audit log has events of every type, whether or not they fit the company.
        """
        # That module imports this class.
        from usher.sandbox.company.founding import found_company, found_equal

        company = cls(seed, anchor_for(today or datetime.now(UTC).date()), has_oddities=oddities)
        if equal_workspaces is None:
            found_company(company, people, free=free)
        else:
            found_equal(company, people, equal_workspaces, free=free)
        return company

    # building

    def add_person(self, name: str, email: str | None, *, is_service_account: bool = False) -> Person:
        person = Person(len(self.people), name, email, is_service_account=is_service_account)
        self.people.append(person)
        if self._by_email is not None and email:
            self._by_email[email.lower()] = person.number
        return person

    def add_workspace(
        self, name: str, domains: tuple[str, ...], *, is_free: bool, gid: Gid | None = None
    ) -> Workspace:
        number = len(self.workspaces)
        workspace = Workspace(
            number=number,
            gid=gid or self.gids.workspaces.gid(number),
            name=name,
            is_organization=bool(domains),
            email_domains=domains,
            members=array("L"),
            is_free=is_free,
            is_pseudo=gid is not None,
        )
        self.workspaces.append(workspace)
        return workspace

    def add_membership(
        self, person: Person, workspace: Workspace, history: History, *, never_joined: bool = False
    ) -> Membership:
        number = len(self.memberships)
        membership = Membership(number, person.number, workspace.number, history, never_joined)
        self.memberships.append(membership)
        workspace.members.append(number)
        person.memberships = (*person.memberships, number)
        return membership

    # changes by callers

    def alter(self, membership: Membership, history: History) -> None:
        self.altered.setdefault(membership.number, membership.history)
        membership.history = history
        self.revision += 1

    def invite_again(
        self, person: Person, workspace: Workspace, history: History, *, is_listed_first: bool
    ) -> Membership:
        """A second membership beside an ended one, as Asana sometimes has for people who were removed before."""
        membership = self.invite(person, workspace, history)
        if is_listed_first:
            workspace.members.remove(membership.number)
            workspace.members.insert(0, membership.number)
        return membership

    def invite(self, person: Person, workspace: Workspace, history: History) -> Membership:
        """Adds a person on behalf of a caller. The person never joins."""
        membership = self.add_membership(person, workspace, history, never_joined=True)
        self.altered[membership.number] = ()
        self.revision += 1
        return membership

    def pause(self, person: Person, workspace: Workspace, at: int, kind: int) -> None:
        """An admin pauses a licence in the console, or it is billed again. `kind`: a type of audit log event."""
        self.paused.append((workspace.number, at, kind, person.number))
        self.revision += 1

    def happen(
        self, workspace: Workspace, at_ms: int, kind: int, actor: int, context: int, resource: int
    ) -> None:
        """Something that the audit log tells, and that changes nothing else."""
        self.happened.append((workspace.number, at_ms, kind, actor, context, resource))
        self.revision += 1

    def founded(self, membership: Membership) -> History:
        """The history before callers changed it; empty for people whom callers invited."""
        return self.altered.get(membership.number, membership.history)

    # finding

    def workspace_by_gid(self, gid: Gid) -> Workspace | None:
        return next((workspace for workspace in self.workspaces if workspace.gid == gid), None)

    def person_by_gid(self, gid: Gid) -> Person | None:
        number = self.gids.users.number(gid)
        return self.people[number] if number is not None and number < len(self.people) else None

    def person_by_email(self, email: str) -> Person | None:
        if self._by_email is None:
            self._by_email = {p.email.lower(): p.number for p in self.people if p.email}
        number = self._by_email.get(email.lower())
        return None if number is None else self.people[number]

    def membership_by_gid(self, gid: Gid) -> Membership | None:
        number = self.gids.memberships.number(gid)
        return self.memberships[number] if number is not None and number < len(self.memberships) else None

    def memberships_of(self, person: Person, workspace: Workspace) -> list[Membership]:
        """In the order in which the workspace lists them: mostly one."""
        numbers = [n for n in person.memberships if self.memberships[n].workspace == workspace.number]
        if len(numbers) > 1:
            numbers.sort(key=workspace.members.index)
        return [self.memberships[number] for number in numbers]

    def membership_of(self, person: Person, workspace: Workspace) -> Membership | None:
        """The newest one."""
        for number in reversed(person.memberships):
            if self.memberships[number].workspace == workspace.number:
                return self.memberships[number]
        return None

    def account_by_token(self, token: str) -> Account | None:
        return next((account for account in self.accounts if token in account.tokens), None)

    def main_admin(self, workspace: Workspace, moment: float) -> Person | None:
        """Who inherits the tasks of people whom a service account removes."""
        for number in workspace.members:
            membership = self.memberships[number]
            now = membership.at(moment)
            if now is not None and now.status == "active" and now.role == "admin":
                return self.people[membership.person]
        return None
