"""Everyone's work in a running sandbox, and the audit logs and streams that result from it.

Everything is computed on demand.
"""

from __future__ import annotations

import threading

from usher.sandbox.audit_log.log import KEPT_DAYS, AuditLog
from usher.sandbox.audit_log.stream import Stream, SyncTokens
from usher.sandbox.company.company import Company, Workspace
from usher.sandbox.company.timeline import DAY
from usher.sandbox.life.work import Work
from usher.sandbox.life.working_life import WorkingLife


class Activity:
    """Hold `lock` while reading: tests read the truth from other threads than the server's."""

    def __init__(self, company: Company, work: Work, secret: bytes, audit_events: int | None) -> None:
        self.company = company
        self.life = WorkingLife(company)
        self.sync_tokens = SyncTokens(secret)
        self.lock = threading.RLock()
        self._work = work
        self._audit_events = audit_events
        self._logs: dict[int, AuditLog] = {}
        self._streams: dict[int, Stream] = {}

    def organizations(self) -> list[Workspace]:
        """The organizations of the first account."""
        first = next((a for a in self.company.accounts if "sandbox-pat-1" in a.tokens), None)
        numbers = () if first is None else self.company.people[first.person].memberships
        of_account = (self.company.workspaces[self.company.memberships[n].workspace] for n in numbers)
        return [workspace for workspace in of_account if workspace.is_organization]

    def log(self, workspace: Workspace) -> AuditLog:
        if workspace.number not in self._logs:
            self._logs[workspace.number] = AuditLog(
                self.company, self._work, self.life, workspace, self._dense(workspace)
            )
        return self._logs[workspace.number]

    def stream(self, workspace: Workspace) -> Stream:
        if workspace.number not in self._streams:
            self._streams[workspace.number] = Stream(self.company, self.life, workspace)
        return self._streams[workspace.number]

    def make_logs(self, now: float) -> None:
        """Generates the logs of the first account as of `now`, before the first request."""
        today = int(now) // DAY
        with self.lock:
            for workspace in self.organizations():
                self.log(workspace).days.make(today - KEPT_DAYS, today)

    def _dense(self, workspace: Workspace) -> int | None:
        """How many events this organization's log should have; None for what people really did."""
        organizations = self.organizations()
        if self._audit_events is None or workspace not in organizations:
            return None
        everybody = sum(len(organization.members) for organization in organizations)
        return round(self._audit_events * len(workspace.members) / everybody)
