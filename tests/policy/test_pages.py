"""The pages of rules."""

import csv
import io
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests.support.activity.lived_usage import ago, watch
from tests.support.queries import queries_of
from tests.support.removal.leaving import ADMIN, no_waiting
from tests.support.roster.people import a_connection, a_member, a_workspace
from usher.access.models import User
from usher.activity.models import EvidenceSource
from usher.connections.models import Connection, Mode
from usher.policy import changes
from usher.policy.models import Policy, PolicyRun, PolicyTrial
from usher.policy.running import run
from usher.policy.starting_points import STARTING_POINTS
from usher.policy.trial import perform_trial, request_trial

pytestmark = pytest.mark.django_db(transaction=True)

FORM = {
    "name": "Idle",
    "when": "daily",
    "idle_for": "90",
    "at_least": "medium",
    "does": "draft",
    "kind": "remove",
    "at_most": "25",
}


@pytest.fixture
def acme(browser: Client) -> Connection:
    no_waiting()
    acme = a_connection(mode=Mode.ACT, last_synced_at=timezone.now())
    place = a_workspace(acme, "Acme", "acme.example")
    watch(place, EvidenceSource.AUDIT, 200)
    a_member(place, "Root", role="admin", since=ago(days=10))
    for n in range(3):
        a_member(place, f"=Idle {n}", f"idle{n}@acme.example", since=ago(days=190))
    return acme


def made(browser: Client) -> Policy:
    answer = browser.post("/rules/new/", FORM)
    assert answer.status_code == 302, answer.content
    return Policy.objects.get()


def text(browser: Client, address: str) -> str:
    answer = browser.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_from_a_form_to_a_rule_that_acts(browser: Client, acme: Connection) -> None:
    policy = made(browser)
    page = text(browser, f"/rules/{policy.pk}/")
    assert "is being tried" in page
    assert "let the rule act" not in page
    waiting = browser.get(f"/rules/{policy.pk}/trial/")
    assert "HX-Refresh" not in waiting.headers
    perform_trial(PolicyTrial.objects.get().pk)
    assert browser.get(f"/rules/{policy.pk}/trial/").headers["HX-Refresh"] == "true"
    browser.post(f"/rules/{policy.pk}/switch/", {"to": "watching"})
    page = text(browser, f"/rules/{policy.pk}/")
    assert "3 people on" in page
    trial = PolicyTrial.objects.get()
    answer = browser.post(f"/rules/{policy.pk}/switch/", {"to": "acting", "seen": trial.pk}, follow=True)
    assert "acts from its next run on" in answer.content.decode()
    run(Policy.objects.get(), acme)
    page = text(browser, f"/rules/{policy.pk}/runs/{PolicyRun.objects.get().pk}/")
    assert page.count("Draft opened") == 3


def test_a_day_of_the_past_is_shown_with_whom_the_rule_would_have_found(
    browser: Client, acme: Connection
) -> None:
    policy = made(browser)
    perform_trial(PolicyTrial.objects.get().pk)
    trial = PolicyTrial.objects.get()
    assert trial.today is not None
    # They came 190 days ago: 90 days ago they were idle for 90 days, and settled.
    assert "3 people on" in text(browser, f"/rules/{policy.pk}/?day={trial.today - timedelta(days=90)}")
    for odd in ("1999-01-01", "nonsense", "2999-01-01", ""):
        assert "3 people on" in text(browser, f"/rules/{policy.pk}/?day={odd}")


def test_files_hold_whom_the_trial_and_the_run_found_safe_for_spreadsheets(
    browser: Client, acme: Connection
) -> None:
    policy = made(browser)
    perform_trial(PolicyTrial.objects.get().pk)
    changes.watch(policy, ADMIN)
    run(policy, acme)
    for address in (
        f"/rules/{policy.pk}/found.csv",
        f"/rules/{policy.pk}/runs/{PolicyRun.objects.get().pk}/found.csv",
    ):
        answer = browser.get(address)
        rows = list(csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))
        assert [row["Name"] for row in rows] == ["'=Idle 0", "'=Idle 1", "'=Idle 2"]


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"idle_for": ""}, "would find everybody"),
        ({"idle_for": "0"}, "greater than or equal to 1"),
        ({"name": ""}, "required"),
        ({"at_most": "5000"}, "less than or equal to 200"),
        ({"connection": "Nowhere"}, "not one of the available choices"),
        ({"does": "approve"}, "not one of the available choices"),
        ({"kind": "downgrade", "licences": ["guest"]}, "Only Member licences"),
    ],
)
def test_a_form_that_is_no_rule_is_shown_again_with_what_is_wrong(
    browser: Client, acme: Connection, changed: dict[str, str], says: str
) -> None:
    answer = browser.post("/rules/new/", FORM | changed)
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert not Policy.objects.exists()


def test_a_second_rule_of_the_same_name_is_refused_with_what_was_entered(
    browser: Client, acme: Connection
) -> None:
    made(browser)
    answer = browser.post("/rules/new/", FORM)
    assert answer.status_code == 422
    assert "There is already a rule called" in answer.content.decode()


def test_the_list_costs_the_same_for_two_rules_and_for_all(browser: Client, acme: Connection) -> None:
    def make(*keys: str) -> None:
        for key in keys:
            policy = changes.make(STARTING_POINTS[key], ADMIN)
            changes.watch(policy, ADMIN)
            run(policy, acme)

    few, *more = STARTING_POINTS
    make(few)
    before = len(queries_of(browser, "/rules/"))
    make(*more)
    assert len(queries_of(browser, "/rules/")) == before


def test_a_person_limited_to_another_connection_sees_no_rule_of_this_one(
    browser: Client, acme: Connection
) -> None:
    other = a_connection("Other")
    policy = made(browser)
    Policy.objects.update(connection=acme)
    request_trial(policy)
    eve = User.objects.create_user("eve@example.com", "eve@example.com", role="admin", scope=[other.pk])
    limited = Client()
    limited.force_login(eve)
    assert "Idle 0" not in text(limited, "/rules/")
    assert limited.get(f"/rules/{policy.pk}/").status_code == 404
