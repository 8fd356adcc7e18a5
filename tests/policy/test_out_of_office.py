"""Whoever Asana shows out of office is left out of a run; Asana is asked about those alone on whom it would act."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from unittest.mock import patch

import pytest
from django.test import Client
from django.utils import timezone

from tests.support.policy.acting import acting, leaving, ran
from tests.support.removal.leaving import ADMIN
from usher.connections.models import Connection, Credentials
from usher.policy import acting as acting_module
from usher.policy import changes
from usher.policy.definition import Definition, Does, Exceptions, What, Who
from usher.policy.finding.absences import NOT_SHOWN, AbsenceSeen, read_absences
from usher.policy.running import run
from usher.policy.sentence import sentence_of
from usher.policy.starting_points import STARTING_POINTS
from usher.removal.leavers.candidates import Candidate
from usher.removal.models import Case
from usher.sandbox import RunningSandbox

pytestmark = pytest.mark.django_db(transaction=True)

AWAY = Exceptions(out_of_office=True)


def a_definition(does: Does = Does.DRAFT, at_most: int = 25) -> Definition:
    return Definition("Soon gone", Who(leaving_within=7), What(does, at_most=at_most), AWAY)


class Asked:
    """About whom Asana was asked, in turn."""

    def __init__(self) -> None:
        self.about: list[int] = []

    async def __call__(
        self, connection: Connection, people: Sequence[Candidate], today: date
    ) -> dict[int, AbsenceSeen]:
        self.about += [one.person.pk for one in people]
        return await read_absences(connection, people, today)


@pytest.fixture
def asked() -> Iterator[Asked]:
    counting = Asked()
    with patch.object(acting_module, "read_absences", counting):
        yield counting


def test_who_is_away_is_left_out_with_the_day_until_when(
    sandbox: RunningSandbox, sandbox_acme: Connection
) -> None:
    away, endless, here = leaving(sandbox_acme, 3)
    today = timezone.localdate()
    sandbox.out_of_office(away.gid, today - timedelta(days=1), today + timedelta(days=2))
    sandbox.out_of_office(endless.gid, today, None)
    done = ran(acting(a_definition()), sandbox_acme)
    why = dict(done.findings.values_list("person", "left_out"))
    assert why == {
        away.pk: f"Out of office in Asana until {today + timedelta(days=2):%-d %b %Y}.",
        endless.pk: f"Out of office in Asana since {today:%-d %b %Y}, without an end.",
        here.pk: "",
    }
    assert [case.person_id for case in Case.objects.all()] == [here.pk]
    assert (done.found, done.done, done.left_out) == (3, 1, 2)


def test_they_come_again_once_they_are_back(sandbox: RunningSandbox, sandbox_acme: Connection) -> None:
    (away,) = leaving(sandbox_acme, 1)
    sandbox.out_of_office(away.gid, timezone.localdate(), None)
    policy = acting(a_definition())
    assert ran(policy, sandbox_acme).done == 0
    person = sandbox.company.person_by_gid(away.gid)
    assert person is not None
    sandbox.sandbox.absences.clear(person)
    assert ran(policy, sandbox_acme).done == 1


def test_asana_is_asked_about_as_many_as_the_limit_of_the_day_allows(
    sandbox: RunningSandbox, sandbox_acme: Connection, asked: Asked
) -> None:
    people = leaving(sandbox_acme, 8)
    policy = acting(a_definition(at_most=3))
    done = ran(policy, sandbox_acme)
    assert (done.found, done.done, done.left_out) == (8, 3, 5)
    assert len(asked.about) == len(set(asked.about)) == 3
    # Whoever is away takes no place: the next one is asked about instead.
    rest = [one for one in people if one.pk not in asked.about]
    first = sorted(rest, key=lambda one: (one.name, one.pk))[0]
    sandbox.out_of_office(first.gid, timezone.localdate(), None)
    asked.about.clear()
    assert ran(policy, sandbox_acme).done == 3
    assert len(asked.about) == len(set(asked.about)) == 4


@pytest.mark.parametrize("does", [Does.LIST, Does.TELL])
def test_a_rule_that_acts_on_nobody_asks_nothing(
    does: Does, sandbox: RunningSandbox, sandbox_acme: Connection, asked: Asked
) -> None:
    (away,) = leaving(sandbox_acme, 1)
    sandbox.out_of_office(away.gid, timezone.localdate(), None)
    assert ran(acting(a_definition(does)), sandbox_acme).left_out == 0
    assert asked.about == []
    assert "out of office" not in sentence_of(a_definition(does))


def test_while_watching_nothing_is_asked_and_the_run_says_so(
    sandbox: RunningSandbox, sandbox_acme: Connection, asked: Asked, browser: Client
) -> None:
    leaving(sandbox_acme, 1)
    policy = changes.make(a_definition(), ADMIN)
    changes.watch(policy, ADMIN)
    done = run(policy, sandbox_acme)
    assert done is not None
    assert asked.about == []
    page = browser.get(f"/rules/{policy.pk}/runs/{done.pk}/").content.decode()
    assert "Asana was not asked who is out of office" in page


def test_without_the_right_to_see_it_the_rule_acts_and_the_run_says_so(
    sandbox: RunningSandbox, sandbox_acme: Connection, browser: Client
) -> None:
    (away,) = leaving(sandbox_acme, 1)
    sandbox.out_of_office(away.gid, timezone.localdate(), None)
    sandbox.sandbox.shows_absences = False
    policy = acting(a_definition())
    done = ran(policy, sandbox_acme)
    assert (done.done, done.findings.get().detail) == (1, NOT_SHOWN)
    page = browser.get(f"/rules/{policy.pk}/runs/{done.pk}/").content.decode()
    assert "Whether 1 person is out of office was not looked at" in page
    assert "Draft opened. Asana does not show this connection who is out of office" in page


def test_when_asana_fails_nobody_is_bothered_and_they_come_with_the_next_run(
    sandbox: RunningSandbox, sandbox_acme: Connection
) -> None:
    leaving(sandbox_acme, 2)
    policy = acting(a_definition())
    token = Credentials.objects.get(connection=sandbox_acme).access_token
    Credentials.objects.filter(connection=sandbox_acme).update(access_token="revoked")
    done = ran(policy, sandbox_acme)
    assert done.done == 0
    assert all("could not be seen whether they are away" in one.left_out for one in done.findings.all())
    Credentials.objects.filter(connection=sandbox_acme).update(access_token=token)
    assert ran(policy, sandbox_acme).done == 2


def test_the_page_of_a_trial_says_that_it_cannot_know_who_was_away(
    sandbox_acme: Connection, browser: Client
) -> None:
    policy = acting(a_definition())
    assert "who was away on a past day is not known" in browser.get(f"/rules/{policy.pk}/").content.decode()
    plain = acting(Definition("Plain", Who(leaving_within=7), What(Does.DRAFT)))
    assert "who was away" not in browser.get(f"/rules/{plain.pk}/").content.decode()


def test_it_is_on_in_the_rules_to_begin_with_for_idle_people_and_read_out() -> None:
    for key in ("idle", "ask-first", "guests"):
        assert "except people on leave and people out of office in Asana" in sentence_of(STARTING_POINTS[key])
