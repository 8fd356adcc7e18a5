"""A preview changes nothing, and names the changes that are made then."""

import asyncio

import pytest

from tests.support.removal.leaving import APPROVER, REQUESTER, approved_case, leaves, ordinary_people, run_now
from usher.asana import Unavailable
from usher.connections.models import Connection, Credentials
from usher.removal.cases import opening, transitions
from usher.removal.cases.opening import CaseRequest
from usher.removal.execution.preview import preview
from usher.removal.models import Case, Guardrails
from usher.sandbox import RunningSandbox


@pytest.mark.parametrize("token", ["", "sandbox-service-1"], ids=["as the person", "as the service account"])
@pytest.mark.parametrize("hands_over", [False, True])
def test_the_requests_of_a_preview_are_those_that_are_made(
    token: str, hands_over: bool, sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    Credentials.objects.filter(connection=acme).update(service_token=token)
    person, receiver = ordinary_people(acme, 2)
    leaves(person)
    case = approved_case(person, CaseRequest(hand_over_to=receiver if hands_over else None))
    found = asyncio.run(preview(case))
    assert sandbox.changes("removals") == {}
    run_now(acme)
    changes = case.calls.exclude(method="GET")
    made = sorted((call.method, call.path.split("?")[0], call.body, call.acts_as) for call in changes)
    planned = [call for call in found.calls if call.changes_something]
    assert made == sorted((one.method, one.path, one.body, one.acts_as) for one in planned)
    if not hands_over:
        reads = {call.path for call in case.calls.filter(method="GET")}
        assert reads <= {one.path for one in found.calls if not one.changes_something}


def test_a_service_account_that_cannot_be_asked_is_not_replaced_by_somebody_else(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    """Else the work of who is removed would go to somebody else than the preview said."""
    Credentials.objects.filter(connection=acme).update(service_token="sandbox-service-1")
    (person,) = ordinary_people(acme, 1)
    case = approved_case(person, CaseRequest())
    sandbox.post_faults(share=1, kinds=["503"])
    with pytest.raises(Unavailable):
        asyncio.run(preview(case))
    assert Case.objects.get(pk=case.pk).preview == {}


def test_a_look_after_the_approval_takes_nothing_of_what_the_approver_could_see(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    (person,) = ordinary_people(acme, 1)
    leaves(person)
    case = transitions.request_approval(opening.open_case(person, CaseRequest(), REQUESTER), REQUESTER)
    asyncio.run(preview(case))
    before = Case.objects.get(pk=case.pk)
    assert "lose all access" in str(before.preview["happens"])
    transitions.approve(case, APPROVER)
    asyncio.run(preview(case))
    run_now(acme)
    assert "already removed" in str(asyncio.run(preview(case)).happens)
    after = Case.objects.get(pk=case.pk)
    assert (after.preview, after.previewed_at) == (before.preview, before.previewed_at)


def test_where_nobody_looked_before_the_approval_the_first_look_before_the_run_is_kept(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    (person,) = ordinary_people(acme, 1)
    leaves(person)
    case = approved_case(person, CaseRequest())
    asyncio.run(preview(case))
    assert "lose all access" in str(Case.objects.get(pk=case.pk).preview["happens"])
