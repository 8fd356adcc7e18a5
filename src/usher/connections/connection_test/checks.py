"""Test Connection: what works with these tokens and, for what does not, why and what to do."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from usher.asana import (
    PERSONAL_PROJECTS,
    Asana,
    AsanaError,
    AsanaUser,
    AsanaWorkspace,
    Forbidden,
    NotAuthorized,
    NotFound,
    PlanTooLow,
    RateLimited,
    Unavailable,
)
from usher.connections.client import not_for_long
from usher.connections.models import CheckResult, Mode

PAID_PER_MINUTE = 1500
FREE_PER_MINUTE = 150

AUDIT_LOG_REMEDY = (
    "The audit log needs Asana Enterprise+, Legacy Enterprise, or Enterprise with the Compliance Management "
    "add-on, and a service account with full permissions or the permission “Audit logs”: "
    "Admin Console → Apps → Service accounts."
)


@dataclass(frozen=True)
class Verdict:
    outcome: str
    detail: str
    remedy: str = ""


Check = Callable[[], Awaitable[Verdict]]


def passed(detail: str) -> Verdict:
    return Verdict("passed", detail)


def warned(detail: str, remedy: str) -> Verdict:
    return Verdict("warned", detail, remedy)


def failed(detail: str, remedy: str) -> Verdict:
    return Verdict("failed", detail, remedy)


def skipped(detail: str) -> Verdict:
    return Verdict("skipped", detail)


@dataclass
class ConnectionChecks:
    """The checks of one connection, in order. Later checks use the results of earlier ones."""

    asana: Asana
    service: Asana | None
    mode: Mode
    workspace_gid: str
    report: Callable[[list[CheckResult]], Awaitable[None]]
    results: list[CheckResult] = field(default_factory=list)
    account: AsanaUser | None = None
    workspaces: list[AsanaWorkspace] = field(default_factory=list)
    requests_per_minute: int | None = None
    is_refused: bool = False
    """Asana does not accept the token: only new tokens help."""
    is_out_of_reach: bool = False
    """Asana could not be asked."""

    async def run(self) -> list[CheckResult]:
        """Runs every check and reports the whole list after each step."""
        checks = self._checks()
        self.results = [
            CheckResult(key=key, label=label, outcome="waiting", detail="", remedy="")
            for key, label, _ in checks
        ]
        for result, (_, _, check) in zip(self.results, checks, strict=True):
            result["outcome"] = "running"
            await self.report(self.results)
            verdict = await self._verdict(check)
            result["outcome"], result["detail"] = verdict.outcome, verdict.detail
            result["remedy"] = verdict.remedy
        await self.report(self.results)
        return self.results

    def _checks(self) -> list[tuple[str, str, Check]]:
        checks: list[tuple[str, str, Check]] = [
            ("token", "Asana accepts the token", self._token),
            ("workspaces", "Usher finds workspaces", self._workspaces),
        ]
        if self.workspace_gid:
            checks.append(("gid", "The chosen workspace is visible", self._gid))
        checks += [
            ("people", "People can be listed with role and licence", self._people),
            ("admin", "Admin rights, to take action", self._admin),
            ("service", "Asana accepts the service-account token", self._service),
            ("audit", "The audit log can be read", self._audit),
            ("limit", "Request limit", self._limit),
        ]
        return checks

    async def _verdict(self, check: Check) -> Verdict:
        if check != self._token and self.account is None:
            return skipped("Not tested: it needs a token that Asana accepts.")
        try:
            async with not_for_long():
                return await check()
        except AsanaError as error:
            if check == self._token:
                self.is_refused = isinstance(error, NotAuthorized)
                self.is_out_of_reach = isinstance(error, Unavailable | RateLimited)
            return failed(str(error), error.remedy)

    @property
    def in_scope(self) -> list[AsanaWorkspace]:
        return [
            workspace
            for workspace in self.workspaces
            if workspace.gid != PERSONAL_PROJECTS and self.workspace_gid in ("", workspace.gid)
        ]

    async def _token(self) -> Verdict:
        self.account = await self.asana.me()
        email = f" ({self.account.email})" if self.account.email else ""
        return passed(f"Connected as {self.account.name}{email}.")

    async def _workspaces(self) -> Verdict:
        self.workspaces = [workspace async for page in self.asana.workspaces() for workspace in page.items]
        if not self.in_scope:
            return failed(
                "This account belongs to no workspace that Usher can sync.",
                "Connect an account that is a member of your organization in Asana.",
            )
        text = f"Usher will sync {_names(self.in_scope)}."
        left_out = [workspace for workspace in self.workspaces if workspace not in self.in_scope]
        for workspace in left_out:
            reason = (
                "a pseudo-workspace that Asana has deprecated"
                if workspace.gid == PERSONAL_PROJECTS
                else "not the chosen GID"
            )
            text += f" Excluded: {workspace.name} ({reason})."
        return passed(text)

    async def _gid(self) -> Verdict:
        chosen = [workspace for workspace in self.workspaces if workspace.gid == self.workspace_gid]
        if chosen:
            return passed(f"{chosen[0].name} has the GID {self.workspace_gid}.")
        return failed(
            f"The connected account does not see a workspace with the GID {self.workspace_gid}.",
            f"Change the GID, or leave it empty. It sees: {_names(self.workspaces)}.",
        )

    async def _people(self) -> Verdict:
        lines, missing = [], []
        for workspace in self.in_scope:
            async for page in self.asana.workspace_memberships(workspace.gid):
                more = " or more" if page.next_offset else ""
                lines.append(f"{workspace.name}: {len(page.items)}{more}")
                if any(item.is_admin is None or item.is_guest is None for item in page.items):
                    missing.append(workspace.name or workspace.gid)
                break
        if missing:
            return warned(
                f"Asana lists people without their role in {', '.join(missing)}.",
                "Connect an account that is an admin there.",
            )
        return passed(f"Usher can list people: {', '.join(lines)}.")

    async def _admin(self) -> Verdict:
        assert self.account is not None
        admin_in: list[AsanaWorkspace] = []
        not_in: list[AsanaWorkspace] = []
        for workspace in self.in_scope:
            membership = await self.asana.membership_in(workspace.gid, self.account.gid)
            (admin_in if membership and membership.is_admin else not_in).append(workspace)
        if not not_in:
            return passed(f"{self.account.name} is an admin in {_names(admin_in)}.")
        text = f"{self.account.name} is not an admin in {_names(not_in)}."
        if self.mode == Mode.READ:
            return passed(f"{text} The mode “Read” does not need this.")
        return warned(
            f"{text} Usher can remove nobody there.",
            "Make this account an admin in Asana (Admin Console → Members), or connect one that is.",
        )

    async def _service(self) -> Verdict:
        if self.service is None:
            return skipped("There is no token. With one (Enterprise only), Usher shows who uses Asana.")
        try:
            service = await self.service.me()
        except NotAuthorized:
            return failed(
                "Asana does not accept the service-account token.",
                "Create a new one (Admin Console → Apps → Service accounts) and enter it under Change.",
            )
        return passed(f"Asana accepts it, as “{service.name}”.")

    async def _audit(self) -> Verdict:
        organizations = [workspace for workspace in self.in_scope if workspace.is_organization]
        if self.service is None:
            return skipped("Needs a service-account token.")
        if not organizations:
            return skipped("Only organizations have an audit log, and none is in scope.")
        readable, refused = [], ""
        for workspace in organizations:
            try:
                await self.service.can_read_audit_log(workspace.gid)
            except NotAuthorized:
                return skipped("Not tested, since Asana did not accept the service-account token.")
            except (Forbidden, NotFound, PlanTooLow) as error:
                refused += f"{workspace.name}: {error} "
            else:
                readable.append(workspace)
        if refused and not readable:
            return failed(refused.strip(), AUDIT_LOG_REMEDY)
        if refused:  # a service account belongs to one organization, a person may be in several
            return warned(f"Readable in {_names(readable)}. Not in {refused.strip()}", AUDIT_LOG_REMEDY)
        return passed(f"Readable in {_names(readable)}.")

    async def _limit(self) -> Verdict:
        # The API does not name the plan. Free plans have no task search, so asking for it tells without
        # running into a limit.
        if not self.in_scope:
            return skipped("There is no workspace to test with.")
        try:
            paid = [await self.asana.search_is_available(workspace.gid) for workspace in self.in_scope]
        except AsanaError:
            return skipped(f"Unknown. Usher sends up to {PAID_PER_MINUTE:,} requests a minute.")
        self.requests_per_minute = PAID_PER_MINUTE if any(paid) else FREE_PER_MINUTE
        plan = "a paid plan" if any(paid) else "the free plan"
        return passed(f"Up to {self.requests_per_minute:,} requests a minute ({plan}).")


def _names(workspaces: list[AsanaWorkspace]) -> str:
    return ", ".join(f"{workspace.name} ({workspace.gid})" for workspace in workspaces) or "none"
