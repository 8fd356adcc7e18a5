"""The preview says what a removal breaks, as far as Asana shows it to this token, and says so where it does not."""

import asyncio
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from tests.support.removal.accounts import signed_in
from tests.support.removal.leaving import REQUESTER, approved_case, hires, ordinary_people, run_now
from usher.access.roles import UserRole
from usher.activity.ingest.partitions import ensure_partitions
from usher.activity.models import AuditEvent, Coverage
from usher.connections.models import Connection, Credentials
from usher.removal.cases.opening import CaseRequest
from usher.removal.cases.transitions import cancel
from usher.removal.execution.apps import AuthorisedApps
from usher.removal.execution.breakage import (
    ONLY_SERVICE,
    PROJECTS_LOOKED_AT,
    Breakage,
    BreakingItem,
    BreakingItems,
    WorkspaceBreakage,
    breakage_in_words,
)
from usher.removal.execution.preview import preview
from usher.removal.models import Case, Guardrails
from usher.roster.models import Person
from usher.sandbox import RunningSandbox
from usher.sandbox.company.company import Workspace
from usher.sandbox.life.plans import Kind, plans
from usher.sandbox.life.project_members import project_members

BY_HAND = CaseRequest(cause=Case.Cause.BY_HAND, reason="Asked by their manager")


def _owner_of_most(acme: Connection, sandbox: RunningSandbox) -> Person:
    """An ordinary person who owns a project alone; the company is always the same."""
    for person in ordinary_people(acme, 30):
        if _alone(sandbox, person)[0]:
            return person
    raise AssertionError("nobody owns a project alone")


def _organization(sandbox: RunningSandbox) -> Workspace:
    return sandbox.company.workspaces[0]


def _alone(sandbox: RunningSandbox, person: Person) -> tuple[set[str], set[str]]:
    """The truth: projects in which they are alone, and in which they are the only admin of several."""
    company, work, now = sandbox.company, sandbox.sandbox.work, sandbox.sandbox.clock.now()
    member, admin = set(), set()
    for workspace in company.workspaces:
        for project in work.projects(workspace):
            if (
                project.owner is None
                or company.gids.users.gid(project.owner) != person.gid
                or project.is_archived
            ):
                continue
            members = project_members(company, project, now)
            admins = [one.person for one in members if one.access_level == "admin"]
            if [one.person for one in members] == [project.owner]:
                member.add(company.gids.projects.gid(project.number))
            elif admins == [project.owner]:
                admin.add(company.gids.projects.gid(project.number))
    return member, admin


def _owned(sandbox: RunningSandbox, person: Person, kind: Kind) -> set[str]:
    company = sandbox.company
    return {
        company.gids.plans.gid(one.number)
        for one in plans(company, _organization(sandbox), kind)
        if company.gids.users.gid(one.owner) == person.gid
    }


def _breaks(person: Person) -> tuple[Case, Breakage]:
    hires([person])
    case = approved_case(person, BY_HAND)
    found = asyncio.run(preview(case)).breaks
    assert found is not None
    return case, found


def test_projects_with_nobody_else_are_named(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    Credentials.objects.filter(connection=acme).update(service_token="sandbox-service-1")
    person = _owner_of_most(acme, sandbox)
    alone, only_admin = _alone(sandbox, person)
    _, found = _breaks(person)
    assert {one.gid for here in found.workspaces for one in here.only_member.items or ()} == alone
    assert {one.gid for here in found.workspaces for one in here.only_admin.items or ()} == only_admin


def test_a_service_account_sees_portfolios_goals_and_templates_of_the_person(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    Credentials.objects.filter(connection=acme).update(service_token="sandbox-service-1")
    company = sandbox.company
    owner = plans(company, _organization(sandbox), "portfolio")[0].owner
    person = Person.objects.get(connection=acme, gid=company.gids.users.gid(owner))
    _, found = _breaks(person)
    here = next(one for one in found.workspaces if one.workspace_gid == _organization(sandbox).gid)
    for kind, shown in (
        ("portfolio", here.portfolios),
        ("goal", here.goals),
        ("project_template", here.templates),
    ):
        assert shown.items is not None
        assert {one.gid for one in shown.items} == _owned(sandbox, person, kind)  # type: ignore[arg-type]
    assert _owned(sandbox, person, "portfolio")


def test_a_person_as_the_connection_cannot_see_the_portfolios_of_others_and_is_told_so(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    Credentials.objects.filter(connection=acme).update(service_token="")
    (person,) = ordinary_people(acme, 1)
    _, found = _breaks(person)
    assert found.workspaces
    for here in found.workspaces:
        assert here.portfolios.items is None
        assert here.portfolios.note == ONLY_SERVICE
        assert acme.asana_user_name in here.inherits


def test_where_asana_refuses_a_part_the_rest_of_the_preview_stands(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = _owner_of_most(acme, sandbox)
    monkeypatch.setattr("usher.removal.execution.breakage.SECONDS", 0.0)
    _, found = _breaks(person)
    assert all(here.goals.items is None and "in time" in here.goals.note for here in found.workspaces)


def test_requests_are_bounded_however_many_projects_somebody_owns(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    (person,) = ordinary_people(acme, 1)
    owner = sandbox.company.person_by_gid(person.gid)
    assert owner is not None
    organization, now = _organization(sandbox), sandbox.sandbox.clock.now()
    for number in range(PROJECTS_LOOKED_AT + 30):
        project = sandbox.sandbox.work.add_project(organization, f"Many {number}", owner, now)
        project.privacy_setting = "public_to_workspace"
    sandbox.reset_stats()
    _, found = _breaks(person)
    here = next(one for one in found.workspaces if one.workspace_gid == organization.gid)
    assert "not read the members of" in here.only_member.note
    assert len(here.look_in) > PROJECTS_LOOKED_AT
    routes = sandbox.stats()["by_route"]
    assert isinstance(routes, dict)
    requests = sum(routes["GET /projects/{project_gid}/project_memberships"].values())
    assert requests <= PROJECTS_LOOKED_AT


def _event(acme: Connection, person: Person, kind: str, days_ago: int, app: str) -> None:
    workspace = acme.workspaces.order_by("pk").first()
    assert workspace is not None
    at = timezone.now() - timedelta(days=days_ago)
    raw = (
        f'{{"gid": "{days_ago}", "created_at": "{at.isoformat()}", "event_type": "{kind}",'
        f' "details": {{"app_name": "{app}"}}}}'
    )
    with transaction.atomic():
        ensure_partitions("activity_auditevent", [at])
    AuditEvent.objects.create(
        workspace_id=workspace.pk, gid=str(days_ago), created_at=at, connection_id=acme.pk, event_type=kind,
        category="apps", actor_type="user", actor_gid=person.gid, resource_type="user", resource_gid=person.gid,
        context_type="web", ip_address="", use=1, raw=raw,
    )  # fmt: skip


def test_apps_are_those_that_were_authorised_and_not_revoked_since(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    (person,) = ordinary_people(acme, 1)
    workspace = acme.workspaces.order_by("pk").first()
    assert workspace is not None
    AuditEvent.objects.all().delete()
    Coverage.objects.filter(workspace__connection=acme).delete()
    case, found = _breaks(person)
    assert found.apps.known_since is None, "no audit log was read, so nothing is known"
    Coverage.objects.create(
        workspace=workspace,
        source="audit",
        begins_at=timezone.now() - timedelta(days=20),
        ends_at=timezone.now(),
    )
    _event(acme, person, "user_app_authorized", 9, "Kept")
    _event(acme, person, "user_app_authorized", 8, "Revoked")
    _event(acme, person, "user_app_revoked", 7, "Revoked")
    _event(acme, person, "user_personal_access_token_authorized", 6, "")
    again = asyncio.run(preview(case)).breaks
    assert again is not None
    assert [app.name for app in again.apps.apps] == ["A personal access token", "Kept"]


def test_the_page_and_the_evidence_say_it(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    client = signed_in(UserRole.ADMIN)
    person = _owner_of_most(acme, sandbox)
    hires([person])
    case = approved_case(person, BY_HAND)
    shown = client.get(f"/cases/{case.pk}/preview/").content.decode()
    for words in ("What it breaks", "Only member", "Cannot be seen", "Rules, forms", "Apps and webhooks"):
        assert words in shown
    assert "What the removal broke" not in client.get(f"/cases/{case.pk}/").content.decode()
    run_now(acme)
    finished = client.get(f"/cases/{case.pk}/").content.decode()
    broken = finished.partition('id="broken"')[2].partition("</section>")[0]
    case.refresh_from_db()
    kept = case.preview["breaks"]
    names = {
        one["name"]
        for here in kept["workspaces"]  # type: ignore[call-overload,index]
        for one in here["only_member"]["items"]
    }
    assert names, "this person owns a project alone"
    for words in ("What the removal broke", "in the preview of", "Apps and webhooks", *names):
        assert words in broken
    assert "What it breaks" not in finished
    assert "/preview/" not in finished, "Asana is not asked again: it no longer shows it"
    evidence = client.get(f"/cases/{case.pk}/evidence.html").content.decode()
    assert "What the removal breaks" in evidence
    assert "Only project admin" in evidence
    assert "Nobody looked at the preview" not in evidence


def test_evidence_of_a_removal_that_nobody_previewed_says_so(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    client = signed_in(UserRole.ADMIN)
    (person,) = ordinary_people(acme, 1)
    hires([person])
    case = approved_case(person, BY_HAND)
    run_now(acme)
    for page in ("", "evidence.html"):
        assert "Nobody looked at the preview" in client.get(f"/cases/{case.pk}/{page}").content.decode()


def test_a_case_that_was_cancelled_broke_nothing(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    client = signed_in(UserRole.ADMIN)
    (person,) = ordinary_people(acme, 1)
    case, found = _breaks(person)
    assert found.workspaces
    cancel(case, REQUESTER)
    assert "What the removal broke" not in client.get(f"/cases/{case.pk}/").content.decode()


def test_in_words_each_list_is_capped_and_what_cannot_be_seen_is_said() -> None:
    many = BreakingItems([BreakingItem(str(n), f"Project {n}") for n in range(23)])
    nothing, hidden = BreakingItems([]), BreakingItems(None, ONLY_SERVICE)
    here = WorkspaceBreakage(
        workspace_gid="1",
        workspace="Acme",
        inherits="Ann",
        only_member=many,
        only_admin=nothing,
        portfolios=hidden,
        goals=nothing,
        templates=nothing,
        look_in=[],
    )
    words = breakage_in_words(Breakage([here], AuthorisedApps(None, [])))
    assert words[0].startswith("Acme: only member of: Project 0, ")
    assert words[0].endswith("Project 19 and 3 more.")
    assert words[1] == f"Acme: portfolios owned: cannot be seen. {ONLY_SERVICE}"
    assert ["apps given access cannot be seen" in words[2], "rules, forms and webhooks" in words[3]] == [
        True,
        True,
    ]
    assert len(words) == 4
    assert breakage_in_words(Breakage([], AuthorisedApps(None, []))) == []
