"""Notices over REST: own choices, what was sent, and sending again what failed."""

from typing import Any

import pytest
from django.test import Client

from tests.support.queries import assert_costs_the_same
from tests.support.removal.accounts import account
from tests.support.rest import api_of, items
from usher.access.permissions import TokenPermission
from usher.access.roles import UserRole
from usher.access.tokens.api_tokens import make_token
from usher.ledger.actors import SYSTEM
from usher.ledger.models import Entry
from usher.notify.kinds import FOR_USERS, KINDS
from usher.notify.models import Delivery, Destination, Notice, NoticeChoice, NoticeMinimum
from usher.notify.telling import NoticeLink, tell, tell_address

pytestmark = pytest.mark.django_db

State = Delivery.State


def sent(program: Client, method: str, address: str, **body: object) -> tuple[int, Any]:
    answer = getattr(program, method)(f"/api/v1/{address}", body, content_type="application/json")
    return answer.status_code, answer.json()


def deliveries(*states: str) -> list[Delivery]:
    tell("case_failed", "one", KINDS["case_failed"].example)
    notice = Notice.objects.get(kind="case_failed", key="one")
    return [
        Delivery.objects.create(
            notice=notice,
            state=state,
            address=f"{state}-{number}@example.com",
            problem="Refused.",
            attempts=3,
        )
        for number, state in enumerate(states)
    ]


def test_what_failed_is_listed_and_sent_again_or_discarded() -> None:
    failed, bounced, done = deliveries("failed", "bounced", "sent")
    admin = api_of()
    (listed,) = items(admin, "notices", state="failed")
    assert (listed["id"], listed["problem"], listed["what"]) == (failed.pk, "Refused.", "A case failed")
    status, again = sent(admin, "post", f"notices/{failed.pk}/again")
    assert (status, again["state"], again["attempts"], again["problem"]) == (200, "waiting", 0, "")
    status, dropped = sent(admin, "post", f"notices/{bounced.pk}/discard")
    assert (status, dropped["state"]) == (200, "discarded")
    for what in ("again", "discard"):
        status, refused = sent(admin, "post", f"notices/{done.pk}/{what}")
        assert (status, refused["title"]) == (409, "Nothing to handle")
    assert list(
        Entry.objects.filter(action__startswith="notices.")
        .order_by("number")
        .values_list("action", flat=True)
    ) == ["notices.sent_again", "notices.discarded"]


@pytest.mark.parametrize(("what", "state"), [("again", "waiting"), ("discard", "discarded")])
def test_all_that_failed_at_once(what: str, state: str) -> None:
    deliveries("failed", "bounced", "sent")
    assert sent(api_of(), "post", f"notices/failed/{what}") == (200, {"deliveries": 2})
    assert Delivery.objects.filter(state=state).count() == 2


def test_links_that_only_the_receiver_may_have_are_not_answered() -> None:
    tell_address(
        "ask_person",
        "question 1",
        "zoe@example.com",
        KINDS["ask_person"].example,
        links=[NoticeLink("I need it", "https://usher.example.com/rules/answer/sesame-open/")],
    )
    admin = api_of()
    (listed,) = items(admin, "notices", receiver="zoe")
    assert "sesame" not in str(listed)
    assert "sesame" not in admin.get(f"/api/v1/notices/{listed['id']}").content.decode()


@pytest.mark.parametrize("query", ["state=lost", "kind=none", "receiver=%00", "colour=red"])
def test_a_filter_that_cannot_be_read_is_refused(query: str) -> None:
    assert api_of().get(f"/api/v1/notices?{query}").status_code == 422


def test_only_admins_see_what_was_sent() -> None:
    (failed,) = deliveries("failed")
    program = api_of(UserRole.APPROVER)
    assert program.get("/api/v1/notices").status_code == 403
    for address in (f"notices/{failed.pk}/again", "notices/failed/again", "notices/failed/discard"):
        assert sent(program, "post", address)[0] == 403


def choice_of(choices: list[dict[str, Any]], kind: str) -> tuple[bool, bool, bool]:
    (one,) = [each for each in choices if each["kind"] == kind]
    return one["by_mail"], one["by_slack"], one["is_required"]


def test_everybody_reads_and_changes_their_own_choices() -> None:
    viewer = api_of(UserRole.VIEWER)
    choices = viewer.get("/api/v1/notices/choices").json()
    assert {each["kind"] for each in choices} == {kind.name for kind in FOR_USERS}
    assert choice_of(choices, "digest") == (True, False, False)
    status, changed = sent(
        viewer,
        "patch",
        "notices/choices",
        choices=[{"kind": "digest", "by_mail": False}, {"kind": "case_done"}],
    )
    assert (status, choice_of(changed, "digest")) == (200, (False, False, False))
    assert choice_of(changed, "case_done") == choice_of(choices, "case_done")
    entry = Entry.objects.get(action="access.notices_chosen")
    assert entry.after == {"digest": "not told"}


def test_slack_can_be_chosen_where_there_is_one() -> None:
    viewer, by_slack = api_of(UserRole.VIEWER), [{"kind": "digest", "by_slack": True}]
    status, refused = sent(viewer, "patch", "notices/choices", choices=by_slack)
    assert (status, refused["message"]) == (409, "No Slack is set up here.")
    Destination.objects.create(name="Slack", channel="slack", secret="xoxb-1")
    _, changed = sent(viewer, "patch", "notices/choices", choices=by_slack)
    assert choice_of(changed, "digest") == (True, True, False)


def test_what_an_admin_requires_stays_and_unknown_kinds_are_refused() -> None:
    NoticeMinimum.objects.create(kind="digest", role=UserRole.VIEWER)
    viewer = api_of(UserRole.VIEWER)
    _, changed = sent(viewer, "patch", "notices/choices", choices=[{"kind": "digest", "by_mail": False}])
    assert choice_of(changed, "digest") == (True, False, True)
    for kind in ("nothing", "ask_person"):
        assert sent(viewer, "patch", "notices/choices", choices=[{"kind": kind, "by_mail": True}])[0] == 409
    assert not NoticeChoice.objects.exclude(kind="digest").exists()


def test_a_token_that_permits_less_than_its_owner_may_silences_nobody() -> None:
    ada = account(UserRole.ADMIN, "ada")
    reader = make_token(ada, "dashboard", SYSTEM, permissions=[TokenPermission.READ])
    program = Client(headers={"Authorization": f"Bearer {reader}"})
    assert program.get("/api/v1/notices/choices").status_code == 200
    status, refused = sent(
        program, "patch", "notices/choices", choices=[{"kind": "ledger_broken", "by_mail": False}]
    )
    assert (status, refused["title"]) == (403, "Token is lesser")
    assert not NoticeChoice.objects.exists()
    assert sent(api_of(user=ada), "patch", "notices/choices", choices=[])[0] == 200


def test_the_list_costs_the_same_queries_for_2_and_for_20() -> None:
    program = api_of()

    def add_rows(count: int) -> None:
        already = Delivery.objects.count()
        deliveries()
        notice = Notice.objects.get(kind="case_failed", key="one")
        hook = Destination.objects.get_or_create(name="Hook", channel="webhook", target="https://a.example")[
            0
        ]
        for number in range(already, already + count):
            Delivery.objects.create(notice=notice, destination=hook, address=f"{number}@example.com")

    assert_costs_the_same(
        Client(), "/api/v1/notices", add_rows, Authorization=str(program.defaults["HTTP_AUTHORIZATION"])
    )
