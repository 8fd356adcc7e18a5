"""Generates the people of a company: a mixed company, or equal workspaces for measurements."""

from datetime import date
from random import Random

from usher.sandbox.company.company import Account, Company, Membership, Person, Workspace
from usher.sandbox.company.gids import PERSONAL_PROJECTS_GID
from usher.sandbox.company.names import AWKWARD_NAMES, Names
from usher.sandbox.company.timeline import (
    ADMIN,
    FUTURE_DAYS,
    GUEST,
    MEMBER,
    MONTHLY_JOINERS,
    VIEW_ONLY,
    History,
    Lives,
    Standing,
    working_moment,
)

MAIN_DOMAINS = ("halvorsen-brook.example", "halvorsenbrook.example")
SECOND_DOMAINS = ("tideway-instruments.example",)
OUTSIDE_DOMAINS = ("studio-nordlys.example", "kestrel-audit.example", "freelance.example")
EQUAL_NAMES = ("Northgate", "Southbank", "Eastfield", "Westhaven")

# Shares of the roles in an organization; the rest are ordinary members.
GUESTS, VIEW_ONLYS, ADMINS, NEVER_JOINED = 0.11, 0.06, 0.02, 0.04
SMALLER_WORKSPACES = (("Brook Design Guild", 0.05), ("Halvorsen Charity Run", 0.03), ("Side Projects", 0.02))


def found_company(company: Company, people: int, *, free: bool) -> None:
    """One organization with most people, three smaller workspaces, and a second, separate organization."""
    if people < 12:
        raise ValueError("a company needs 12 people at least")
    founder = _Founder(company, free=free)
    main = company.add_workspace("Halvorsen & Brook", MAIN_DOMAINS, is_free=free)
    smaller = [company.add_workspace(name, (), is_free=free) for name, _ in SMALLER_WORKSPACES]
    personal = company.add_workspace("Personal Projects", (), is_free=True, gid=PERSONAL_PROJECTS_GID)

    first = founder.account(main, "Astrid Halvorsen", ADMIN, "super admin", "sandbox-pat-1")
    third = founder.account(main, "Tomás Brook", MEMBER, "member", "sandbox-pat-3")
    founder.account(
        main,
        "Vera Glass",
        GUEST if free else VIEW_ONLY,
        "guest" if free else "view-only member",
        "sandbox-pat-4",
    )
    founder.account(main, "Gustav Outside", GUEST, "guest", "sandbox-pat-5")
    founder.service_account(main, "Provisioning Bot", "sandbox-service-1", audit=True)
    founder.service_account(main, "Export Bot", "sandbox-service-noaudit", audit=False)

    own_sizes = [max(1, round(people * share / 2)) for _, share in SMALLER_WORKSPACES]
    rest = max(0, people - sum(own_sizes) - len(company.people))
    founder.populate(main, rest, awkward=company.has_oddities)
    org_people = [company.people[company.memberships[n].person] for n in main.members]
    for workspace, own in zip(smaller, own_sizes, strict=True):
        founder.join(workspace, first, ADMIN)
        founder.populate_workspace(workspace, own, org_people)
    founder.join(smaller[0], third, MEMBER)
    founder.join(personal, first, MEMBER)

    second = company.add_workspace("Tideway Instruments", SECOND_DOMAINS, is_free=free)
    size = max(12, people // 5)
    founder.account(second, "Noor van Dijk", ADMIN, "admin of the second company", "sandbox-pat-2")
    founder.service_account(second, "Tideway Bot", "sandbox-service-2", audit=True)
    founder.populate(second, size - 2, awkward=False)
    company.accounts.sort(key=lambda account: account.tokens)


def found_equal(company: Company, people: int, workspaces: int, *, free: bool) -> None:
    """`workspaces` organizations that share `people` memberships evenly. Nobody leaves.

    Each but the first has an admin of its own besides the one of all: `sandbox-pat-of-2` and so on.
    """
    if workspaces < 1 or people < workspaces * 5:
        raise ValueError("an equal workspace needs 5 people at least")
    founder = _Founder(company, free=free)
    first: Person | None = None
    bot: Person | None = None
    for number in range(workspaces):
        name = EQUAL_NAMES[number] if number < len(EQUAL_NAMES) else f"Branch {number + 1}"
        workspace = company.add_workspace(
            f"{name} Group", (f"{name.lower().replace(' ', '')}.example",), is_free=free
        )
        if first is None:
            first = founder.account(workspace, "Astrid Halvorsen", ADMIN, "super admin", "sandbox-pat-1")
            founder.account(workspace, "Tomás Brook", MEMBER, "member", "sandbox-pat-3")
            founder.account(
                workspace,
                "Vera Glass",
                GUEST if free else VIEW_ONLY,
                "guest" if free else "view-only member",
                "sandbox-pat-4",
            )
            bot = founder.service_account(workspace, "Provisioning Bot", "sandbox-service-1", audit=True)
        else:
            founder.join(workspace, first, ADMIN)
            founder.account(
                workspace, "Nia Castellan", ADMIN, f"admin of {name}", f"sandbox-pat-of-{number + 1}"
            )
            if bot is not None:
                # In Asana each organization has its own. Here one connection can read all of them.
                founder.join(workspace, bot, MEMBER)
        size = people // workspaces + (number < people % workspaces)
        founder.populate_plainly(workspace, size - len(workspace.members))
    second = company.add_workspace("Tideway Instruments", SECOND_DOMAINS, is_free=free)
    founder.account(second, "Noor van Dijk", ADMIN, "admin of the second company", "sandbox-pat-2")
    founder.service_account(second, "Tideway Bot", "sandbox-service-2", audit=True)
    founder.populate_plainly(second, 10)
    company.accounts.sort(key=lambda account: account.tokens)


class _Founder:
    def __init__(self, company: Company, *, free: bool) -> None:
        self._company = company
        self._free = free
        self._random = Random(f"company {company.seed}")  # noqa: S311 - invented people, no secret
        self._names = Names(company.seed)
        self._anchor = (company.anchor - date(1970, 1, 1)).days
        self._lives = Lives(self._random, self._anchor)

    def account(self, workspace: Workspace, name: str, first: Standing, role: str, token: str) -> Person:
        domain = OUTSIDE_DOMAINS[0] if first is GUEST else workspace.email_domains[0]
        person = self._company.add_person(name, self._names.email(name, domain))
        self._company.add_membership(person, workspace, self._lives.steady(first))
        self._company.accounts.append(Account(person=person.number, role=role, tokens=(token,)))
        return person

    def service_account(self, workspace: Workspace, name: str, token: str, *, audit: bool) -> Person | None:
        """None on the free plan."""
        if self._free:
            return None
        person = self._company.add_person(
            name, self._names.email(name, workspace.email_domains[0]), is_service_account=True
        )
        self._company.add_membership(person, workspace, self._lives.steady(MEMBER))
        self._company.accounts.append(
            Account(
                person.number, "service account", (token,), is_service_account=True, may_read_audit_log=audit
            )
        )
        return person

    def join(self, workspace: Workspace, person: Person, first: Standing) -> Membership:
        return self._company.add_membership(person, workspace, self._lives.steady(first))

    def populate(self, workspace: Workspace, people: int, *, awkward: bool) -> None:
        """An organization's members, guests, admins and view-only members, and people who join after the anchor day."""
        later = round(people * MONTHLY_JOINERS * FUTURE_DAYS / 30)
        special = list(AWKWARD_NAMES[: max(0, people - 4)]) if awkward else []
        for number in range(people + later):
            first = self._first_standing(guests=True)
            name = special[number] if number < len(special) else self._names.name()
            person = self._person(workspace, first, name)
            if special and number == len(special):
                person.email = None
            self._live(workspace, person, first, later=number >= people)

    def populate_workspace(self, workspace: Workspace, own: int, org_people: list[Person]) -> None:
        """A workspace that is not an organization: some people of its own, some of the organization, no guests."""
        later = round(own * MONTHLY_JOINERS * FUTURE_DAYS / 30)
        for number in range(own + later):
            person = self._person(workspace, MEMBER, self._names.name())
            self._live(workspace, person, self._first_standing(guests=False), later=number >= own)
        taken = {self._company.memberships[n].person for n in workspace.members}
        candidates = [p for p in org_people[8:] if p.number not in taken]
        for person in self._random.sample(candidates, min(own + 1, len(candidates))):
            self._live(workspace, person, self._first_standing(guests=False), later=False)

    def populate_plainly(self, workspace: Workspace, people: int) -> None:
        for _ in range(people):
            person = self._person(workspace, MEMBER, self._names.name())
            joined = working_moment(self._random, self._anchor - 30 - int(self._random.random() * 1_500))
            self._company.add_membership(person, workspace, ((joined, MEMBER),))

    def _first_standing(self, *, guests: bool) -> Standing:
        drawn = self._random.random()
        if drawn < ADMINS:
            return ADMIN
        if guests and drawn < ADMINS + GUESTS:
            return GUEST
        if guests and not self._free and drawn > 1 - VIEW_ONLYS:
            return VIEW_ONLY
        return MEMBER

    def _person(self, workspace: Workspace, first: Standing, name: str) -> Person:
        draw = self._random.random
        domains = workspace.email_domains
        if first is GUEST or not domains:
            domain = OUTSIDE_DOMAINS[int(draw() * len(OUTSIDE_DOMAINS))]
        else:
            domain = domains[0] if draw() < 0.8 else domains[-1]
        email = self._names.email(name, domain)
        if draw() < 0.01:
            email = email.title().replace(".Example", ".example")
        return self._company.add_person(name, email)

    def _live(self, workspace: Workspace, person: Person, first: Standing, *, later: bool) -> None:
        day = self._lives.later_joined_day() if later else self._lives.joined_day()
        never_joined = first is not ADMIN and self._random.random() < NEVER_JOINED
        history: History = self._lives.history(first, day, lambda now: self._other_standing(workspace, now))
        self._company.add_membership(person, workspace, history, never_joined=never_joined)

    def _other_standing(self, workspace: Workspace, now: Standing) -> Standing:
        """Guests stay guests, because their address is external. Others change between member, view-only and admin."""
        if now is GUEST:
            return now
        if now is MEMBER and workspace.is_organization and not self._free:
            return VIEW_ONLY if self._random.random() < 0.7 else ADMIN
        return ADMIN if now is MEMBER else MEMBER
