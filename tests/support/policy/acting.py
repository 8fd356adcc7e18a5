"""Rules that act, on people of the sandbox who are about to leave."""

from datetime import date, timedelta

from django.utils import timezone

from tests.support.activity.lived_usage import ago, use, watch
from tests.support.directory.sources import an_employee
from tests.support.removal.leaving import ADMIN, no_waiting, ordinary_people
from tests.support.roster.people import a_connection, a_member, a_workspace
from usher.activity.models import EvidenceSource
from usher.connections.models import Connection, Mode
from usher.directory.matching.update import bring_up_to_date
from usher.directory.models import Source
from usher.policy import changes
from usher.policy.definition import Definition
from usher.policy.models import Policy, PolicyRun
from usher.policy.running import run
from usher.policy.trial import perform_trial, request_trial
from usher.roster.models import Membership, Person


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


def with_three_idle() -> Connection:
    """“Acme”, watched long enough: an admin who uses Asana, and three people who do not. Rules may approve."""
    no_waiting(rules_may_approve=True)
    acme = a_connection(mode=Mode.ACT, last_synced_at=timezone.now())
    place = a_workspace(acme, "Acme", "acme.example")
    watch(place, EvidenceSource.AUDIT, 200)
    a_member(place, "Root", "root@acme.example", role="admin")
    use(Membership.objects.get(person__name="Root"), ago(hours=1))
    for number in range(3):
        a_member(place, f"Idle {number}", f"idle{number}@acme.example", since=ago(days=190))
    return acme
