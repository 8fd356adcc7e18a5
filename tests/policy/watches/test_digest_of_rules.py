"""What the weekly summary says of rules."""

import pytest
from django.utils import timezone

from tests.support.removal.leaving import ADMIN
from tests.support.roster.people import a_connection
from usher.connections.models import Connection
from usher.policy import changes
from usher.policy.definition import Definition, Who
from usher.policy.models import Policy, PolicyRun
from usher.policy.watches.digest import weekly_figures

pytestmark = pytest.mark.django_db


def lines(*connections: Connection) -> list[str]:
    now = timezone.now()
    told = weekly_figures(None, list(connections), "Acme", timezone.localdate(), now)["lines"]
    assert isinstance(told, list)
    return [line for line in told if line.startswith("Rule")]


def ran(policy: Policy, connection: Connection, found: int, left_out: int = 0) -> None:
    PolicyRun.objects.create(
        policy=policy,
        connection=connection,
        day=timezone.localdate(),
        version=1,
        is_acting=False,
        state=PolicyRun.State.DONE,
        found=found,
        left_out=left_out,
    )


def test_each_rule_that_is_on_says_whom_it_found_last_over_all_connections() -> None:
    acme, other = a_connection(), a_connection("Other")
    policy = changes.make(Definition("Idle", Who(idle_for=90)), ADMIN)
    ran(policy, acme, 99)
    ran(policy, acme, 12, left_out=2)
    ran(policy, other, 4)
    assert lines(acme, other) == []  # it is off
    changes.watch(policy, ADMIN)
    assert lines(acme, other) == ["Rule “Idle” would act on 14 people"]
    assert lines(other) == ["Rule “Idle” would act on 4 people"]
    Policy.objects.update(state=Policy.State.ACTING)
    assert lines(acme, other) == ["Rule “Idle” finds 14 people"]
    Policy.objects.update(state=Policy.State.ASKING)
    assert lines(other) == ["Rule “Idle” finds 4 people, and asks whether that is right"]


def test_whoever_sees_one_connection_reads_of_its_own_rules_alone() -> None:
    acme = a_connection()
    for name, of in (("Of all", ""), ("Of Acme", "Acme")):
        policy = changes.make(Definition(name, Who(idle_for=90), connection=of), ADMIN)
        changes.watch(policy, ADMIN)
        ran(policy, acme, 3)
    told = weekly_figures(acme, [acme], "Acme", timezone.localdate(), timezone.now())["lines"]
    assert isinstance(told, list)
    assert [line for line in told if line.startswith("Rule")] == ["Rule “Of Acme” would act on 3 people"]
