"""Running a Test Connection and storing its result."""

import logging
from collections.abc import Awaitable, Callable
from contextlib import nullcontext

from django.utils import timezone

from usher.asana import NotAuthorized
from usher.connections.client import open_asana, open_service
from usher.connections.connection_test.checks import ConnectionChecks
from usher.connections.models import CheckResult, Connection, ConnectionTest, Mode
from usher.connections.pace.budget import Urgency
from usher.connections.states import ProblemKind

log = logging.getLogger(__name__)

Report = Callable[[list[CheckResult]], Awaitable[None]]


async def run_test(test_id: int, also_report: Report | None = None) -> list[CheckResult]:
    """Runs the checks of a stored test and stores each result at once. Returns all of them."""
    test = await ConnectionTest.objects.select_related("connection").aget(pk=test_id)
    connection = test.connection
    # Not `save`: the connection and its tests may have been deleted.
    stored = ConnectionTest.objects.filter(pk=test_id)

    async def report(checks: list[CheckResult]) -> None:
        test.checks = checks
        await stored.aupdate(checks=checks)
        if also_report:
            await also_report(checks)

    kind = ProblemKind.TEST_FAILED
    try:
        asana = await open_asana(connection, Urgency.PERSON)
        service = await open_service(connection, Urgency.PERSON)
        checks = ConnectionChecks(asana, service, Mode(connection.mode), connection.workspace_gid, report)
        async with asana, service or nullcontext():
            await checks.run()
    except NotAuthorized as error:
        kind = ProblemKind.NOT_AUTHORIZED
        await report([_failed_token(str(error), error.remedy)])
    except Exception as error:
        log.exception("Test of %s failed", connection)
        reason = f"Usher itself failed: {type(error).__name__}"
        await report(_broken_off(test.checks, reason, "See the log of `usher worker`, and test again."))
        raise
    else:
        if checks.requests_per_minute:
            await Connection.objects.filter(pk=connection.pk).aupdate(
                requests_per_minute=checks.requests_per_minute
            )
        if checks.is_refused:
            kind = ProblemKind.NOT_AUTHORIZED
        elif checks.is_out_of_reach:
            kind = ProblemKind.UNREACHABLE
    finally:
        # Before the test counts as finished, because the page then shows what to do.
        await _draw_conclusions(connection, test.checks, kind)
        await stored.aupdate(finished_at=timezone.now())
    return test.checks


def _failed_token(detail: str, remedy: str) -> CheckResult:
    label = "Asana accepts the token"
    return CheckResult(key="token", label=label, outcome="failed", detail=detail, remedy=remedy)


def _broken_off(checks: list[CheckResult], reason: str, remedy: str) -> list[CheckResult]:
    """The results so far: the running check has failed, and the rest was not tested."""
    broken_off = []
    for check in checks or [_failed_token(reason, remedy)]:
        if check["outcome"] == "running":
            check = CheckResult(
                key=check["key"], label=check["label"], outcome="failed", detail=reason, remedy=remedy
            )
        elif check["outcome"] == "waiting":
            check = CheckResult(
                key=check["key"], label=check["label"], outcome="skipped", detail="Not tested.", remedy=""
            )
        broken_off.append(check)
    return broken_off


REPLACED_BY_A_TEST = (
    ProblemKind.NONE,
    ProblemKind.TEST_FAILED,
    ProblemKind.NOT_AUTHORIZED,
    ProblemKind.SERVICE_TOKEN,
    ProblemKind.UNREACHABLE,
)


async def _draw_conclusions(connection: Connection, checks: list[CheckResult], kind: ProblemKind) -> None:
    """Stores what the first failed check needs; a test without one clears what an earlier test stored."""
    failure = next((check for check in checks if check["outcome"] == "failed"), None)
    problem = (
        {"problem_kind": ProblemKind.NONE, "problem": "", "problem_remedy": ""}
        if failure is None
        else {"problem_kind": kind, "problem": failure["detail"], "problem_remedy": failure["remedy"]}
    )
    await Connection.objects.filter(
        pk=connection.pk, disconnected_at=None, problem_kind__in=REPLACED_BY_A_TEST
    ).aupdate(**problem)
