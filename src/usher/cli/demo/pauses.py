"""Licences that the demo's operator wants paused, and what an admin in Asana did about it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial

from usher.cli.demo.moments import Event, Now, moment, workday
from usher.cli.demo.team import DemoTeam, signs_in
from usher.cli.demo.workforce import Workforce
from usher.removal.models import LicencePause
from usher.removal.pauses.worklist import put_on_list, tick
from usher.roster.models import Person
from usher.sandbox import RunningSandbox
from usher.sandbox.company.company import Person as Simulated

WHY = ("On parental leave until spring", "On sabbatical for three months", "On long-term sick leave")
PAUSED_DAYS_AGO, BACK_DAYS_AGO = 20, 5


def pauses(
    workforce: Workforce, sandbox: RunningSandbox, team: DemoTeam, visited: datetime
) -> Iterator[Event]:
    """Two are paused, the second of whom comes back. One is ticked and not paused, and the others are to do."""
    away = workforce.away
    company, place = workforce.company, workforce.company.gids.workspaces.gid(workforce.workspace.number)

    def keys(people: list[Simulated]) -> list[int]:
        gids = [company.gids.users.gid(person.number) for person in people]
        return list(Person.objects.filter(gid__in=gids).values_list("pk", flat=True))

    def put(person: Simulated, why: str, now: Now) -> None:
        put_on_list(keys([person]), why, signs_in(team.operator, now()))

    def done(people: list[Simulated], now: Now) -> None:
        found = LicencePause.objects.filter(membership__person__in=keys(people), ticked_at=None)
        tick(list(found.values_list("pk", flat=True)), signs_in(team.operator, now()))

    def in_asana(person: Simulated, _: Now, *, ends: bool = False) -> None:
        sandbox.pause(place, company.gids.users.gid(person.number), ends=ends)

    first = workday((visited - timedelta(days=PAUSED_DAYS_AGO)).date())
    came_back = workday((visited - timedelta(days=BACK_DAYS_AGO)).date())
    for number, person in enumerate(away[:2]):
        yield Event(moment(first, 10, 4 + number, 30), partial(put, person, WHY[number]))
        yield Event(moment(first, 10, 31 + number, 30), partial(in_asana, person))
    yield Event(moment(first, 10, 40, 30), partial(done, away[:2]))
    for person in away[1:2]:
        yield Event(moment(came_back, 7, 50, 30), partial(in_asana, person, ends=True))
    for number, person in enumerate(away[2:]):
        at = visited - timedelta(hours=3, minutes=41 - number * 3)
        yield Event(at, partial(put, person, WHY[-1 - number % len(WHY)]))
    yield Event(visited - timedelta(minutes=52), partial(done, away[2:3]))
