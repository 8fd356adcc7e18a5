"""Test Connection: what each check finds, how they fill in, and what is concluded."""

import asyncio
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from copy import deepcopy

import pytest
from asgiref.sync import async_to_sync
from django.test import Client
from pytest_django import Settings

from tests.connections.conftest import NOBODY_THERE, checks_of, connect_by_oauth, gid_of, outcomes
from usher.connections.client import LONGEST_WAIT_SECONDS, open_asana
from usher.connections.connecting.by_token import connect_with_token
from usher.connections.connecting.settings import ConnectionSettings
from usher.connections.connection_test.run import run_test
from usher.connections.models import (
    CheckResult,
    Connection,
    ConnectionState,
    ConnectionTest,
    Credentials,
    Mode,
)
from usher.connections.pace.budget import Urgency
from usher.ledger.actors import SYSTEM
from usher.sandbox import RunningSandbox, running

pytestmark = pytest.mark.usefixtures("db", "sandbox")
ALL = ["token", "workspaces", "people", "admin", "service", "audit", "limit"]


def connect(token: str = "sandbox-pat-1", **wish: str) -> Connection:
    return connect_with_token(ConnectionSettings("Acme", **wish), token, SYSTEM)  # type: ignore[arg-type]


def test_a_super_admin_with_a_full_service_token_passes_everything() -> None:
    connection = connect(mode=Mode.ACT, service_token="sandbox-service-1")
    checks = checks_of(connection)
    assert outcomes(checks) == dict.fromkeys(ALL, "passed")
    assert "Connected as Astrid Halvorsen" in checks["token"]["detail"]
    assert "Excluded: Personal Projects (a pseudo-workspace" in checks["workspaces"]["detail"]
    assert "is an admin in Halvorsen & Brook" in checks["admin"]["detail"]
    assert "Asana accepts it, as “Provisioning Bot”" in checks["service"]["detail"]
    assert "1,500 requests a minute (a paid plan)" in checks["limit"]["detail"]
    assert (connection.problem, connection.state) == ("", ConnectionState.NEW)


def test_without_a_service_token_what_needs_it_is_skipped_and_nothing_is_wrong(
    connection: Connection,
) -> None:
    checks = checks_of(connection)
    assert outcomes(checks) == dict.fromkeys(ALL, "passed") | {"service": "skipped", "audit": "skipped"}
    assert connection.problem == ""


def test_a_service_account_without_the_permission_is_told_which_one_is_missing() -> None:
    connection = connect(service_token="sandbox-service-noaudit")
    checks = checks_of(connection)
    assert outcomes(checks) == dict.fromkeys(ALL, "passed") | {"audit": "failed"}
    assert "does not have the permission to read audit logs" in checks["audit"]["detail"]
    assert "permission “Audit logs”" in checks["audit"]["remedy"]
    assert (connection.problem_kind, connection.state) == ("test_failed", ConnectionState.ATTENTION)
    assert connection.problem == checks["audit"]["detail"]


def test_a_revoked_service_token_fails_and_the_audit_log_is_not_blamed() -> None:
    connection = connect(service_token="sandbox-service-1")
    Credentials.objects.update(service_token="sandbox-revoked")
    checks = checks_of(connection)
    assert outcomes(checks) == dict.fromkeys(ALL, "passed") | {"service": "failed", "audit": "skipped"}
    assert "enter it under Change" in checks["service"]["remedy"]


@pytest.mark.parametrize(("mode", "outcome"), [(Mode.READ, "passed"), (Mode.ACT, "warned")])
def test_a_member_who_is_no_admin_is_warned_only_where_it_takes_action(mode: Mode, outcome: str) -> None:
    connection = connect("sandbox-pat-3", mode=mode)
    checks = checks_of(connection)
    assert checks["admin"]["outcome"] == outcome
    assert "Tomás Brook is not an admin in Halvorsen & Brook" in checks["admin"]["detail"]
    assert connection.problem == ""  # a warning is no failure


def test_a_guest_sees_what_a_guest_sees() -> None:
    connection = connect("sandbox-pat-5", mode=Mode.ACT)
    checks = checks_of(connection)
    assert checks["token"]["outcome"] == checks["workspaces"]["outcome"] == "passed"
    assert checks["admin"]["outcome"] == "warned"


def test_a_gid_gets_a_check_of_its_own_and_leaves_the_others_out(sandbox: RunningSandbox) -> None:
    gid = gid_of(sandbox, "Side Projects")
    checks = checks_of(connect(workspace_gid=gid))
    assert list(checks) == ["token", "workspaces", "gid", *ALL[2:]]
    assert checks["gid"]["detail"] == f"Side Projects has the GID {gid}."
    assert "Halvorsen & Brook" in checks["workspaces"]["detail"].split("Excluded:", 1)[1]
    assert "not the chosen GID" in checks["workspaces"]["detail"]


def test_a_gid_that_is_no_longer_visible_fails_with_those_that_are() -> None:
    connection = connect()
    Connection.objects.update(workspace_gid="12345")
    checks = checks_of(connection)
    assert checks["gid"]["outcome"] == "failed"
    assert "It sees: Halvorsen & Brook" in checks["gid"]["remedy"]
    assert connection.problem_kind == "test_failed"


def test_a_service_account_of_one_of_two_organizations_is_a_warning(settings: Settings) -> None:
    with running(people=60, equal_workspaces=2, per_minute=0) as box:
        settings.USHER_ASANA_URL = box.url
        bot = next(
            account for account in box.describe()["accounts"] if "sandbox-service-1" in account["tokens"]
        )
        box.change(gid_of(box, "Southbank Group"), bot["user"], "leave")
        connection = connect(service_token="sandbox-service-1")
        checks = checks_of(connection)
    assert checks["audit"]["outcome"] == "warned"
    assert "Readable in Northgate Group" in checks["audit"]["detail"]
    assert "Southbank Group" in checks["audit"]["detail"]
    assert connection.problem == ""


@pytest.fixture
def free_company(settings: Settings) -> Iterator[None]:
    with running(people=20, free=True, per_minute=0) as box:
        settings.USHER_ASANA_URL = box.url
        yield


def test_a_free_plan_is_found_and_its_limit_is_kept_from_then_on(free_company: None) -> None:
    connection = connect()
    checks = checks_of(connection)
    assert "150 requests a minute (the free plan)" in checks["limit"]["detail"]
    assert connection.requests_per_minute == 150


def test_a_refused_token_skips_all_the_rest_and_asks_to_reconnect() -> None:
    connection = connect(service_token="sandbox-service-1")
    Credentials.objects.update(access_token="sandbox-revoked")
    checks = checks_of(connection)
    assert outcomes(checks) == dict.fromkeys(ALL, "skipped") | {"token": "failed"}
    assert connection.problem_kind == "not_authorized"


def test_an_app_that_was_taken_back_in_asana_asks_to_reconnect(
    browser: Client, https: None, sandbox: RunningSandbox
) -> None:
    connection = connect_by_oauth(browser)
    sandbox.post_faults(revoked_app=True)
    checks_of(connection)
    assert connection.problem_kind == "not_authorized"


def test_asana_being_down_is_not_blamed_on_the_token(connection: Connection, settings: Settings) -> None:
    settings.USHER_ASANA_URL = NOBODY_THERE
    checks = checks_of(connection)
    assert outcomes(checks) == dict.fromkeys(ALL, "skipped") | {"token": "failed"}
    assert "cannot reach Asana" in checks["token"]["detail"]
    assert connection.problem_kind == "unreachable"


def test_while_asana_asks_for_a_long_pause_a_test_says_until_when_and_asks_nothing(
    connection: Connection, sandbox: RunningSandbox
) -> None:
    """The pause was asked of a sync in another process. Nobody waits for it in front of a page."""

    async def sync() -> None:
        async with await open_asana(connection, Urgency.SYNC) as asana:
            sandbox.post_faults(share=1, kinds=["429"], retry_after=600)
            with suppress(TimeoutError):
                async with asyncio.timeout(2):
                    await asana.me()
            sandbox.post_faults(share=0)

    async_to_sync(sync)()
    sandbox.reset_stats()
    began = time.monotonic()
    checks = checks_of(connection)
    assert time.monotonic() - began < LONGEST_WAIT_SECONDS / 4
    assert outcomes(checks) == dict.fromkeys(ALL, "skipped") | {"token": "failed"}
    assert re.fullmatch(
        r"Asana received too many requests\. It asks to wait until \d\d:\d\d UTC\.", checks["token"]["detail"]
    )
    assert "Wait some minutes" in checks["token"]["remedy"]
    assert connection.problem_kind == "unreachable"
    assert sandbox.stats()["requests"] == 0


def test_a_clean_test_takes_back_what_an_earlier_one_said(
    connection: Connection, settings: Settings, sandbox: RunningSandbox
) -> None:
    settings.USHER_ASANA_URL = NOBODY_THERE
    checks_of(connection)
    settings.USHER_ASANA_URL = sandbox.url
    checks_of(connection)
    assert (connection.problem, connection.problem_kind) == ("", "")


@pytest.mark.parametrize("kind", ["asking", "sync_failed"])
def test_a_test_does_not_answer_what_a_sync_has_asked_or_said(connection: Connection, kind: str) -> None:
    connection.set_problem(kind, "Something", "Do it.")
    checks_of(connection)
    assert connection.problem == "Something"


def test_the_checks_fill_in_one_by_one(connection: Connection) -> None:
    test = ConnectionTest.objects.create(connection=connection)
    reports: list[list[CheckResult]] = []
    stored: list[list[CheckResult]] = []

    async def note(checks: list[CheckResult]) -> None:
        reports.append(deepcopy(checks))
        stored.append((await ConnectionTest.objects.aget(pk=test.pk)).checks)

    async_to_sync(run_test)(test.pk, note)
    assert len(reports) == len(ALL) + 1
    for step, report in enumerate(reports):
        assert [check["key"] for check in report] == ALL
        now = [check["outcome"] for check in report]
        assert not {"waiting", "running"} & set(now[:step])
        assert now[step : step + 1] in (["running"], [])
        assert set(now[step + 1 :]) <= {"waiting"}
    assert stored == reports


def test_a_test_that_breaks_off_is_finished_and_says_so(connection: Connection) -> None:
    test = ConnectionTest.objects.create(connection=connection)

    async def fail(checks: list[CheckResult]) -> None:
        if checks[2]["outcome"] == "running":
            raise RuntimeError("the line to the terminal broke")

    with pytest.raises(RuntimeError):
        async_to_sync(run_test)(test.pk, fail)
    test.refresh_from_db()
    assert test.finished_at is not None
    assert [check["outcome"] for check in test.checks] == ["passed"] * 2 + ["failed"] + ["skipped"] * 4


def test_the_page_asks_for_the_checks_until_they_are_in(browser: Client, connection: Connection) -> None:
    browser.post(f"/integrations/{connection.pk}/test/")
    test = ConnectionTest.objects.get()
    part = f"/integrations/{connection.pk}/test/{test.pk}/"
    page = browser.get(f"/integrations/{connection.pk}/test/").text
    assert f'hx-get="{part}"' in page
    assert "Waiting for a worker" in page
    async_to_sync(run_test)(test.pk)
    done = browser.get(part).text
    assert "hx-get" not in done
    assert "Continue to the first sync" in done
    assert 'data-check="audit" data-outcome="skipped"' in done


def test_a_finished_test_of_a_refused_token_offers_to_reconnect(
    browser: Client, connection: Connection
) -> None:
    Credentials.objects.update(access_token="sandbox-revoked")
    checks_of(connection)
    page = browser.get(f"/integrations/{connection.pk}/test/").text
    assert f'href="/integrations/{connection.pk}/reconnect/"' in page
    assert "Continue to the first sync" not in page
