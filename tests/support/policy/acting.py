"""Rules that act, on people of the sandbox who are about to leave."""

from datetime import date, timedelta

from django.utils import timezone

from tests.support.directory.sources import an_employee
from tests.support.removal.leaving import ADMIN, ordinary_people
from usher.connections.models import Connection
from usher.directory.matching.update import bring_up_to_date
from usher.directory.models import Source
from usher.policy import changes
from usher.policy.definition import Definition
from usher.policy.models import Policy, PolicyRun
from usher.policy.running import run
from usher.policy.trial import perform_trial, request_trial
from usher.roster.models import Person


def acting(definition: Definition) -> Policy:
    """Made, watched, tried, and switched on by whoever saw the list."""
    policy = changes.make(definition, ADMIN)
    changes.watch(policy, ADMIN)
    trial = request_trial(policy)
    perform_trial(trial.pk)
    changes.act(policy, ADMIN, trial.pk)
    policy.refresh_from_db()
    return policy


def leaving(connection: Connection, count: int, *, within: int = 5) -> list[Person]:
    people = ordinary_people(connection, count)
    for person in people:
        last_day_is(person, timezone.localdate() + timedelta(days=within))
    return people


def last_day_is(person: Person, day: date | None, **fields: object) -> None:
    """As the directory says from now on."""
    source, _ = Source.objects.get_or_create(name="HR", defaults={"kind": Source.Kind.CSV})
    an_employee(source, person.email, person.name, last_day=day, **fields)
    bring_up_to_date()


def ran(policy: Policy, connection: Connection) -> PolicyRun:
    """A run of today, though there was one before."""
    PolicyRun.objects.filter(policy=policy, state=PolicyRun.State.DONE).update(
        day=timezone.localdate() - timedelta(days=1)
    )
    policy.refresh_from_db()
    done = run(policy, connection)
    assert done is not None
    return done
