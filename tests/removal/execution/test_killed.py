"""A run of cases may be killed at any moment: it goes on where it stood, and no change is made twice."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from urllib.parse import urlsplit

import pytest
from django.db import connection as database
from django.utils import timezone

from tests.support.removal.leaving import approved_case, leaves, ordinary_people
from tests.support.removal.outcome import assert_done_once, open_work_of
from usher.connections.models import Connection
from usher.removal.cases.opening import CaseRequest
from usher.removal.execution.runner import run_due
from usher.removal.models import Case, Guardrails
from usher.removal.states import CaseState
from usher.roster.models import Person
from usher.sandbox import RunningSandbox, running

pytestmark = pytest.mark.xdist_group("killed-removals")

STRIDE = 4
"""Between the points that are tried. Each day begins at another one, so that four days try all 300."""

LONGEST = 400
"""Points that a case surely does not have."""


@pytest.fixture
def sandbox(settings: object) -> Iterator[RunningSandbox]:
    """With enough people for a kill at every point of a whole case."""
    with running(people=700, seed=7, per_minute=0) as box:
        settings.USHER_ASANA_URL = box.url  # type: ignore[attr-defined]
        yield box


class Forks:
    """Processes that run what is due and are killed at a point."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def run(self, connection: Connection, point: int | str) -> str:
        """What became of it: `ended`, or `killed at …`."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{connection.pk} {point}\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().strip()


@contextmanager
def forks(box: RunningSandbox) -> Iterator[Forks]:
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{database.settings_dict['NAME']}").geturl()
    with subprocess.Popen(
        [sys.executable, "-m", "tests.support.removal.cases_in_forks"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"DATABASE_URL": url, "USHER_ASANA_URL": box.url},
    ) as process:
        try:
            yield Forks(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()


def take_up(connection: Connection) -> None:
    """The server needs a moment to see that a process died, and gives its lock free then."""
    asyncio.run(run_due(connection.pk, wait=True))


def test_a_kill_at_any_point_of_a_case_changes_nothing_in_its_end(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    """One case for each point, with tasks and projects that are handed over, killed there and then taken up."""
    *people, receiver = ordinary_people(acme, 330 // STRIDE)
    with forks(sandbox) as starter:
        for point, person in zip(
            count(1 + timezone.localdate().toordinal() % STRIDE, STRIDE), people, strict=False
        ):
            leaves(person)
            case = approved_case(person, CaseRequest(cause=Case.Cause.DIRECTORY, hand_over_to=receiver))
            work = open_work_of(sandbox, person, receiver)
            end = starter.run(acme, point)
            if end == "ended":
                break
            assert end.startswith("killed at "), end
            take_up(acme)
            assert_done_once(sandbox, case, work, receiver, killed=end)
        else:
            raise AssertionError("not every point was reached")


@pytest.mark.parametrize("change", ["POST", "PUT"])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_kill_around_a_change_in_asana_makes_it_once(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails, moment: str, change: str
) -> None:
    """The removal itself, and the handing over, of somebody who has something to hand over."""
    receiver, *people = ordinary_people(acme, 20)
    with forks(sandbox) as starter:
        for person in people:
            leaves(person)
            case = approved_case(person, CaseRequest(cause=Case.Cause.DIRECTORY, hand_over_to=receiver))
            work = open_work_of(sandbox, person, receiver)
            end = starter.run(acme, f"{moment} {change}")
            take_up(acme)
            assert_done_once(sandbox, case, work, receiver, killed=end)
            if end.startswith(f"killed at {moment} {change} "):
                return
    raise AssertionError("nobody had anything to hand over")


def test_a_case_that_is_killed_again_and_again_comes_to_its_end(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    """Killed three points further each time, wherever it then stands."""
    receiver, *people = ordinary_people(acme, 13)
    with forks(sandbox) as starter:
        for person in people:
            leaves(person)
            case = approved_case(person, CaseRequest(cause=Case.Cause.DIRECTORY, hand_over_to=receiver))
            work = open_work_of(sandbox, person, receiver)
            for point in range(20, LONGEST, 20):
                if starter.run(acme, point) == "ended":
                    break
            assert_done_once(sandbox, case, work, receiver)


def test_many_cases_that_are_killed_side_by_side_all_come_to_their_ends(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    receiver, *people = ordinary_people(acme, 31)
    begun: list[tuple[Case, Person]] = []
    works = {}
    for person in people:
        leaves(person)
        begun.append(
            (approved_case(person, CaseRequest(cause=Case.Cause.DIRECTORY, hand_over_to=receiver)), person)
        )
        works[person.pk] = open_work_of(sandbox, person, receiver)
    with forks(sandbox) as starter:
        for point in (90, 250, 410, 600):
            starter.run(acme, point)
        running_now = Case.objects.filter(state=CaseState.RUNNING).count()
        assert running_now > 1, "several were cut off at once"
        take_up(acme)
    for case, person in begun:
        assert_done_once(sandbox, case, works[person.pk], receiver)
