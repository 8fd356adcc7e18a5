"""The client walks a whole invented company, undisturbed and disturbed."""

from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.asana.conftest import QUICK, UNHURRIED
from usher.asana import (
    Asana,
    BearerToken,
    Forbidden,
    NotAuthorized,
    OAuthApp,
    OAuthToken,
    Uncertain,
    WorkspaceMembership,
    pkce_pair,
    refusal_in,
)
from usher.sandbox import Limits as SandboxLimits
from usher.sandbox import RunningSandbox, running

ADMIN, SERVICE, SERVICE_WITHOUT_AUDIT = "sandbox-pat-1", "sandbox-service-1", "sandbox-service-noaudit"
ORGANIZATION = "1210000000002470"
EVERY_FAULT = [
    "429", "500", "502", "503", "504", "reset", "truncate-body", "broken-json",
    "expired-token", "expired-offset",
]  # fmt: skip


@pytest.fixture(scope="module")
def shared_sandbox() -> Iterator[RunningSandbox]:
    with running(people=2000, limits=SandboxLimits.none()) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(shared_sandbox: RunningSandbox) -> Iterator[RunningSandbox]:
    shared_sandbox.reset_stats()
    yield shared_sandbox
    shared_sandbox.post_faults(share=0, revoked_app=False)


@pytest.fixture
async def admin(sandbox: RunningSandbox) -> AsyncIterator[Asana]:
    async with Asana(BearerToken(ADMIN), sandbox.url, UNHURRIED, retries=QUICK) as asana:
        yield asana


async def everyone(asana: Asana) -> list[WorkspaceMembership]:
    return [item async for page in asana.workspace_memberships(ORGANIZATION) for item in page.items]


def as_known(memberships: list[WorkspaceMembership]) -> list[tuple[str, ...]]:
    return sorted((m.gid, m.user.gid, m.user.name, m.role, m.licence, m.status) for m in memberships)


def truth_of(sandbox: RunningSandbox) -> list[tuple[str, ...]]:
    [workspace] = sandbox.truth(ORGANIZATION)["workspaces"]
    return sorted(
        (m["gid"], m["user"], m["name"], m["role"], m["licence"], m["status"])
        for m in workspace["memberships"]
    )


async def test_a_walk_finds_everyone_once_as_they_are(sandbox: RunningSandbox, admin: Asana):
    walked = as_known(await everyone(admin))
    assert len(walked) > 1500
    assert walked == truth_of(sandbox)
    assert admin.requests_made == -(-len(walked) // 100)


async def test_faults_in_a_tenth_of_all_answers_change_nothing(sandbox, admin):
    sandbox.post_faults(share=0.1, kinds=EVERY_FAULT, seed=3, retry_after=0)
    for _ in range(3):
        assert as_known(await everyone(admin)) == truth_of(sandbox)
    assert admin.tally.retries > 0


async def test_offsets_that_expire_in_the_middle_of_a_walk_change_nothing(sandbox, admin):
    walked: list[WorkspaceMembership] = []
    number = 0
    async for page in admin.workspace_memberships(ORGANIZATION):
        walked += page.items
        number += 1
        if number in (3, 9):
            sandbox.post_faults(expire_offsets=True)
    assert as_known(walked) == truth_of(sandbox)


async def test_the_account_sees_its_workspaces_and_their_people(sandbox, admin):
    me = await admin.me()
    workspaces = [workspace async for page in admin.workspaces() for workspace in page.items]
    assert {workspace.gid for workspace in workspaces} == {workspace.gid for workspace in me.workspaces}
    assert (await admin.workspace(ORGANIZATION)).is_organization
    own = [membership async for page in admin.workspace_memberships_of(me.gid) for membership in page.items]
    assert {membership.workspace.gid for membership in own} == {workspace.gid for workspace in workspaces}
    one = await admin.membership_in(ORGANIZATION, me.gid)
    assert one == await admin.workspace_membership(one.gid)
    assert await admin.membership_in(ORGANIZATION, "77") is None
    users = [user.gid async for page in admin.users(ORGANIZATION) for user in page.items]
    assert me.gid in users
    assert len(users) == len(set(users))
    assert [team async for page in admin.teams(ORGANIZATION) for team in page.items]
    assert await admin.search_is_available(ORGANIZATION)


async def test_what_a_leaver_owns_is_found_and_a_removal_seen(sandbox, admin):
    active = [m for m in await everyone(admin) if m.status == "active" and m.role == "member"]
    owners = {
        membership.user.gid: [
            t async for p in admin.open_tasks(membership.user.gid, ORGANIZATION) for t in p.items
        ]
        for membership in active[:30]
    }
    leaver = max(owners, key=lambda gid: len(owners[gid]))
    assert owners[leaver]
    assert [t async for p in admin.team_memberships(leaver, ORGANIZATION) for t in p.items if t.team]
    assert [p async for p in admin.projects_owned(leaver, ORGANIZATION)]
    await admin.remove_user(ORGANIZATION, leaver)
    after = await admin.membership_in(ORGANIZATION, leaver)
    assert after is None or after.status == "not_active"
    assert (await admin.add_user(ORGANIZATION, leaver)).gid == leaver
    assert (await admin.membership_in(ORGANIZATION, leaver)).status == "active"


async def test_what_a_leaver_has_is_handed_over_exactly_once_under_faults_after_the_effect(sandbox, admin):
    active = [m for m in await everyone(admin) if m.status == "active" and m.role == "member"]
    leaver = next(
        membership.user.gid
        for membership in active
        if (has := sandbox.person(ORGANIZATION, membership.user.gid))["open_tasks"] and has["owned_projects"]
    )
    heir = sandbox.company.gids.users.gid(sandbox.company.accounts[0].person)
    sandbox.post_faults(share=0.3, kinds=["500", "reset", "broken-json"], seed=11)
    for task in [t async for page in admin.open_tasks(leaver, ORGANIZATION) for t in page.items]:
        while (await admin.task(task.gid)).assignee.gid != heir:
            with suppress(Uncertain):
                await admin.reassign_task(task.gid, heir)
    for project in [p async for page in admin.projects_owned(leaver, ORGANIZATION) for p in page.items]:
        while (await admin.project(project.gid)).owner.gid != heir:
            with suppress(Uncertain):
                await admin.change_project_owner(project.gid, heir)
    sandbox.post_faults(share=0)
    after = sandbox.person(ORGANIZATION, leaver)
    assert (after["open_tasks"], after["owned_projects"]) == ([], [])
    for made in (sandbox.changes("reassignments"), sandbox.changes("owner_changes")):
        assert made
        assert {(each.took_effect, each.nothing_to_do) for each in made.values()} == {(1, 0)}


async def test_the_audit_log_needs_a_service_account_with_the_permission(sandbox, admin):
    with pytest.raises(Forbidden):
        await admin.can_read_audit_log(ORGANIZATION)
    async with Asana(BearerToken(SERVICE_WITHOUT_AUDIT), sandbox.url, UNHURRIED) as asana:
        with pytest.raises(Forbidden):
            await asana.can_read_audit_log(ORGANIZATION)
    async with Asana(BearerToken(SERVICE), sandbox.url, UNHURRIED) as asana:
        await asana.can_read_audit_log(ORGANIZATION)


async def test_the_audit_log_of_a_day_in_two_halves_is_the_whole_day(sandbox):
    end = datetime.now(UTC).replace(microsecond=0)
    start, middle = end - timedelta(days=20), end - timedelta(days=9)
    async with Asana(BearerToken(SERVICE), sandbox.url, UNHURRIED) as asana:

        async def events(since: datetime, until: datetime) -> list[str]:
            pages = asana.audit_log_events(ORGANIZATION, since, until)
            return [event.gid async for page in pages for event in page.items]

        whole = await events(start, end)
        assert len(whole) == len(set(whole)) > 100
        assert await events(start, middle) + await events(middle, end) == whole


async def test_consent_code_refresh_and_revocation_work_end_to_end(sandbox):
    app = OAuthApp(
        "sandbox-client", "sandbox-secret", "https://usher.example/back", sandbox.url, retries=QUICK
    )
    verifier, challenge = pkce_pair()
    asked = dict(parse_qs(urlsplit(app.authorize_url("state-1", challenge)).query))
    form = {name: values[0] for name, values in asked.items()}

    async def decide(decision: str) -> dict[str, str]:
        person = str(sandbox.company.accounts[0].person)
        async with httpx.AsyncClient() as browser:
            page = sandbox.url + "/-/oauth_authorize"
            answer = await browser.post(page, data={**form, "decision": decision, "account": person})
        back = parse_qs(urlsplit(answer.headers["location"]).query)
        return {name: values[0] for name, values in back.items()}

    refused = refusal_in(await decide("deny"))
    assert refused is not None
    assert refused.code == "access_denied"
    tokens = await app.exchange((await decide("allow"))["code"], verifier)
    assert tokens.user_email == "astrid.halvorsen@halvorsen-brook.example"

    told = []

    async def store(fresh) -> None:
        told.append(fresh)

    credentials = OAuthToken(app, tokens.access_token, tokens.refresh_token, tokens.expires_at, store)
    async with Asana(credentials, sandbox.url, UNHURRIED, retries=QUICK) as asana:
        assert (await asana.me()).gid == tokens.user_gid
        sandbox.post_faults(expire_tokens=True)
        assert (await asana.me()).gid == tokens.user_gid
        assert len(told) == 1
        await app.revoke(tokens.refresh_token)
        with pytest.raises(NotAuthorized) as caught:
            await asana.me()
        assert caught.value.reason == "revoked"
