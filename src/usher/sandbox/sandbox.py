"""Everything that one running sandbox holds."""

from __future__ import annotations

import hashlib
import itertools

from usher.sandbox.clock import Clock
from usher.sandbox.company.company import Company, Membership, Workspace
from usher.sandbox.http.accounts import Caller
from usher.sandbox.http.answers import Record
from usher.sandbox.http.faults import Faults, ScimOddity
from usher.sandbox.http.limits import Limits, Meter
from usher.sandbox.http.paging import OFFSET_SECONDS, Offsets
from usher.sandbox.http.stats import Stats
from usher.sandbox.life.absences import Absences
from usher.sandbox.life.activity import Activity
from usher.sandbox.life.work import Work
from usher.sandbox.oauth.tokens import ACCESS_TOKEN_SECONDS, OAuthTokens


class Sandbox:
    def __init__(
        self,
        company: Company,
        *,
        limits: Limits,
        latency_seconds: float = 0.0,
        clock: Clock | None = None,
        access_token_seconds: float = ACCESS_TOKEN_SECONDS,
        offset_seconds: float = OFFSET_SECONDS,
        audit_events: int | None = None,
    ) -> None:
        secret = hashlib.sha256(f"usher sandbox {company.seed}".encode()).digest()
        self.company = company
        self.work = Work(company)
        self.absences = Absences(company)
        self.shows_absences = True
        """Whether tokens may read out-of-office entries."""
        self.clock = clock or Clock()
        self.activity = Activity(company, self.work, secret, audit_events)
        self.latency_seconds = latency_seconds
        self.meter = Meter(limits)
        self.faults = Faults()
        self.addresses_left_out: set[int] = set()
        """The numbers of people whose address memberships leave out; the user itself has it."""
        self.scim_oddities: set[ScimOddity] = set()
        self.stats = Stats()
        self.offsets = Offsets(secret, offset_seconds)
        self.oauth = OAuthTokens(secret, access_token_seconds)
        self.request_numbers = itertools.count(1)
        self.secret = secret

    def report(self) -> Record:
        return self.stats.report(most_at_once=self.meter.most_at_once, rate_limited=self.meter.refused)

    def reset_counters(self) -> None:
        """Resets the counters of the statistics and of the limits."""
        self.stats.reset()
        self.meter.reset()


class View:
    """The company as one caller sees it at one moment."""

    def __init__(self, sandbox: Sandbox, caller: Caller) -> None:
        self.company = sandbox.company
        self.work = sandbox.work
        self.absences = sandbox.absences
        self.addresses_left_out = sandbox.addresses_left_out
        self.caller = caller
        self.now = sandbox.clock.now()
        company = self.company
        own = (company.memberships[number] for number in caller.person.memberships)
        self.own_memberships = {m.workspace: m for m in own if m.is_active(self.now)}

    @property
    def workspaces(self) -> list[Workspace]:
        return [self.company.workspaces[number] for number in self.own_memberships]

    def sees(self, workspace: Workspace) -> bool:
        return workspace.number in self.own_memberships

    def is_admin_of(self, workspace: Workspace) -> bool:
        """Service accounts count as admins: in the sandbox they have full permissions."""
        membership = self.own_memberships.get(workspace.number)
        if membership is None:
            return False
        standing = membership.at(self.now)
        return self.caller.is_service_account or (standing is not None and standing.role == "admin")

    def listed(self, membership: Membership) -> bool:
        return membership.is_listed(self.now)
