"""Making and changing rules, and switching them."""

import pytest

from tests.support.removal.leaving import ADMIN, no_waiting
from tests.support.roster.people import a_connection
from usher.connections.models import Connection, Mode
from usher.ledger.models import Entry
from usher.policy import changes
from usher.policy.changes import CannotChangeRule, definition_of
from usher.policy.definition import Definition, Does, What, Who
from usher.policy.models import Policy
from usher.policy.trial import fail_trial, newest_trial, perform_trial, request_trial

pytestmark = pytest.mark.django_db

IDLE = Definition("Idle", Who(idle_for=90), What(Does.DRAFT))


@pytest.fixture
def acme() -> Connection:
    no_waiting()
    return a_connection(mode=Mode.ACT)


def tried(policy: Policy) -> int:
    trial = request_trial(policy)
    perform_trial(trial.pk)
    return trial.pk


def test_a_new_rule_is_off_and_stands_in_the_ledger(acme: Connection) -> None:
    policy = changes.make(IDLE, ADMIN)
    assert policy.state == Policy.State.OFF
    entry = Entry.objects.get(action="rule.made")
    assert (entry.actor_name, entry.subject) == (ADMIN.name, f"rule {policy.pk}: Idle")


def test_two_rules_have_no_name_in_common(acme: Connection) -> None:
    changes.make(IDLE, ADMIN)
    with pytest.raises(CannotChangeRule, match="already a rule"):
        changes.make(IDLE, ADMIN)
    assert Policy.objects.count() == 1


def test_only_a_rule_that_was_watched_and_seen_can_act(acme: Connection) -> None:
    policy = changes.make(IDLE, ADMIN)
    seen = tried(policy)
    with pytest.raises(CannotChangeRule, match="being watched"):
        changes.act(policy, ADMIN, seen)
    changes.watch(policy, ADMIN)
    for unseen in (None, seen + 1):
        with pytest.raises(CannotChangeRule, match="Nobody has seen"):
            changes.act(policy, ADMIN, unseen)
    changes.act(policy, ADMIN, seen)
    policy.refresh_from_db()
    assert policy.state == Policy.State.ACTING


def test_a_change_puts_an_acting_rule_back_to_watching_and_its_trial_no_longer_counts(
    acme: Connection,
) -> None:
    policy = changes.make(IDLE, ADMIN)
    seen = tried(policy)
    changes.watch(policy, ADMIN)
    changes.act(policy, ADMIN, seen)
    changed = changes.change(policy, Definition("Idle", Who(idle_for=30), IDLE.what), ADMIN)
    assert (changed.state, changed.version) == (Policy.State.WATCHING, 2)
    assert newest_trial(changed) is None
    with pytest.raises(CannotChangeRule, match="Nobody has seen"):
        changes.act(changed, ADMIN, seen)


def test_a_rule_that_is_saved_as_it_was_goes_on_acting(acme: Connection) -> None:
    policy = changes.make(IDLE, ADMIN)
    seen = tried(policy)
    changes.watch(policy, ADMIN)
    changes.act(policy, ADMIN, seen)
    same = changes.change(policy, definition_of(policy), ADMIN)
    assert (same.state, same.version) == (Policy.State.ACTING, 1)


def test_a_rule_that_opens_cases_cannot_act_where_nothing_may_be_removed(acme: Connection) -> None:
    Connection.objects.update(mode=Mode.READ)
    policy = changes.make(Definition("Idle", IDLE.who, IDLE.what, connection="Acme"), ADMIN)
    changes.watch(policy, ADMIN)
    with pytest.raises(CannotChangeRule, match="connected with “Read”"):
        changes.act(policy, ADMIN, tried(policy))


def test_a_rule_names_a_connection_that_there_is_and_follows_its_name(acme: Connection) -> None:
    with pytest.raises(CannotChangeRule, match="no connection is called “Nowhere”"):
        changes.make(Definition("Idle", IDLE.who, connection="Nowhere"), ADMIN)
    policy = changes.make(Definition("Idle", IDLE.who, connection="Acme"), ADMIN)
    Connection.objects.update(name="Acme Inc")
    policy = Policy.objects.select_related("connection").get(pk=policy.pk)
    assert definition_of(policy).connection == "Acme Inc"


def test_a_rule_that_is_gone_refuses_every_change(acme: Connection) -> None:
    policy = changes.make(IDLE, ADMIN)
    changes.delete(Policy.objects.get(pk=policy.pk), ADMIN)
    for change in (changes.watch, changes.switch_off, changes.delete):
        with pytest.raises(CannotChangeRule, match="deleted"):
            change(policy, ADMIN)


def test_a_trial_that_failed_says_so_and_can_be_made_again(acme: Connection) -> None:
    policy = changes.make(IDLE, ADMIN)
    trial = request_trial(policy)
    assert request_trial(policy) == trial
    fail_trial(trial.pk, ValueError("broken"))
    failed = newest_trial(policy)
    assert failed is not None
    assert failed.problem == "ValueError: broken"
    perform_trial(trial.pk)  # which is over
    assert newest_trial(policy) == failed
    tried(policy)
    assert policy.trials.count() == 1
