"""Running a Test Connection and keeping its result."""

from collections.abc import Awaitable, Callable
from contextlib import nullcontext

from django.utils import timezone

from usher.asana import AsanaError
from usher.connections.checks import Examination
from usher.connections.client import open_asana, open_service
from usher.connections.models import CheckResult, Connection, ConnectionTest, Mode

Report = Callable[[list[CheckResult]], Awaitable[None]]


async def run_test(test_id: int, also_report: Report | None = None) -> list[CheckResult]:
    """Runs the checks of a stored test; each fills in as it ends. Returns all of them."""
    test = await ConnectionTest.objects.select_related("connection").aget(pk=test_id)
    connection = test.connection

    async def report(checks: list[CheckResult]) -> None:
        test.checks = checks
        await test.asave(update_fields=["checks"])
        if also_report:
            await also_report(checks)

    try:
        asana = await open_asana(connection)
    except AsanaError as error:
        checks = [
            CheckResult(
                key="token",
                label="Asana accepts the token",
                outcome="failed",
                detail=str(error),
                remedy=error.remedy,
            )
        ]
        await report(checks)
    else:
        service = await open_service(connection)
        examination = Examination(asana, service, Mode(connection.mode), connection.workspace_gid, report)
        async with asana, service or nullcontext():
            checks = await examination.run()
        if examination.requests_per_minute:
            connection.requests_per_minute = examination.requests_per_minute
            await connection.asave(update_fields=["requests_per_minute"])
    test.finished_at = timezone.now()
    await test.asave(update_fields=["finished_at"])
    await _draw_conclusions(connection, checks)
    return checks


MENDED_BY_A_TEST = ("", "test_failed", "not_authorized")


async def _draw_conclusions(connection: Connection, checks: list[CheckResult]) -> None:
    """A failed check needs attention; a clean test takes back what an earlier one said."""
    await connection.arefresh_from_db()
    if connection.problem_kind not in MENDED_BY_A_TEST:
        return
    failure = next((check for check in checks if check["outcome"] == "failed"), None)
    if failure is None:
        kind, problem, remedy = "", "", ""
    else:
        kind = "not_authorized" if failure["key"] == "token" else "test_failed"
        problem, remedy = failure["detail"], failure["remedy"]
    connection.problem_kind, connection.problem, connection.problem_remedy = kind, problem, remedy
    await connection.asave(update_fields=["problem_kind", "problem", "problem_remedy"])
