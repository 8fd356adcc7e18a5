"""Changing rules: making, changing, watching, acting, switching off, answering, deleting. Each is in the ledger."""

from django.db import IntegrityError, transaction
from django.utils import timezone

from usher.access.roles import Action, require_person
from usher.connections.models import Connection, Mode
from usher.ledger.actors import Actor
from usher.ledger.record import record
from usher.policy.definition import CONCERNS_ASANA, Definition, as_json, check, decode
from usher.policy.models import Policy, PolicyRun, PolicyTrial
from usher.refusals import Refused
from usher.removal.cases.in_advance import end_approvals
from usher.removal.guardrails.facts import people_behind

ON = (Policy.State.WATCHING, Policy.State.ACTING)


class CannotChangeRule(Refused):
    """The rule cannot become what was asked for."""


def actor_of_rule(policy: Policy) -> Actor:
    """Whom the ledger names for what a rule does."""
    return Actor("policy", f"rule {policy.pk}: {policy.name}"[:320], via="job")


def definition_of(policy: Policy) -> Definition:
    """With the name and the connection as they are now."""
    connection = policy.connection.name if policy.connection else ""
    return decode({**policy.definition, "name": policy.name, "connection": connection})


def make(definition: Definition, actor: Actor) -> Policy:
    """A new rule, which is off. Raises CannotBeRule, CannotChangeRule."""
    check(definition)
    policy = Policy(made_by=actor.name)
    with transaction.atomic():
        _write(policy, definition, actor)
        _record(actor, "rule.made", policy, after=_shown(policy))
    return policy


def change(policy: Policy, definition: Definition, actor: Actor) -> Policy:
    """A rule that acted goes back to watching, since nobody has seen whom the new one finds."""
    check(definition)
    with transaction.atomic():
        policy = locked(policy)
        before = _shown(policy)
        if definition == definition_of(policy):
            return policy
        policy.version += 1
        end_approvals(policy.pk, f"The rule was changed by {actor.name}.")
        policy.question = ""
        if policy.state in (Policy.State.ACTING, Policy.State.ASKING):
            policy.state, policy.state_since = Policy.State.WATCHING, timezone.now()
        _write(policy, definition, actor)
        _record(actor, "rule.changed", policy, before=before, after=_shown(policy))
    return policy


def watch(policy: Policy, actor: Actor) -> None:
    """From now on each run keeps whom it finds, and does nothing."""
    _switch(policy, Policy.State.WATCHING, actor, "rule.watching")


def switch_off(policy: Policy, actor: Actor) -> None:
    _switch(policy, Policy.State.OFF, actor, "rule.off")


def act(policy: Policy, actor: Actor, seen: int | None) -> None:
    """From now on each run does what the rule says. `seen`: the trial that the person saw.

    Raises CannotChangeRule unless the rule is being watched and the trial is of this version; ForPeopleOnly.
    """
    require_person(actor, Action.SETTINGS)
    with transaction.atomic():
        policy = locked(policy)
        if policy.state not in (Policy.State.WATCHING, Policy.State.ASKING):
            raise CannotChangeRule(
                "Only a rule that is being watched can be switched to acting.", "Watch it first."
            )
        if not has_been_tried(policy, seen):
            raise CannotChangeRule(
                "Nobody has seen whom this version of the rule finds.",
                "Try it, look at the list, and switch it to acting there.",
            )
        if definition_of(policy).what.does in CONCERNS_ASANA:
            _check_may_act(policy.connection)
        who: dict[str, str | int | None] = {"name": actor.name, "id": actor.user_id}
        if who not in policy.switched_on_by:
            policy.switched_on_by = [*policy.switched_on_by, who]
        _set_state(policy, Policy.State.ACTING)
        _record(actor, "rule.acting", policy, after={"version": policy.version, "trial": seen})


def has_been_tried(policy: Policy, seen: int | None) -> bool:
    """Whether the trial that somebody saw is one of this version of the rule."""
    tried = policy.trials.filter(version=policy.version, state=PolicyTrial.State.DONE)
    return seen is not None and tried.filter(pk=seen).exists()


def answer(policy: Policy, actor: Actor, *, are_right: bool) -> None:
    """Answers a rule that stopped because it found many more than usual. If they are right, it goes on.

    Raises CannotChangeRule, ForPeopleOnly.
    """
    require_person(actor, Action.SETTINGS)
    with transaction.atomic():
        policy = locked(policy)
        if policy.state != Policy.State.ASKING:
            raise CannotChangeRule("This rule asks nothing.", "It may have been answered just now.")
        question = policy.question
        if are_right:
            policy.runs.filter(version=policy.version, state=PolicyRun.State.ASKING).update(are_right=True)
        _set_state(policy, Policy.State.ACTING if are_right else Policy.State.WATCHING)
        action = "rule.found_right" if are_right else "rule.found_wrong"
        _record(actor, action, policy, before={"question": question}, after={"state": policy.state})


def delete(policy: Policy, actor: Actor) -> None:
    """With its runs. The cases that it opened stay."""
    with transaction.atomic():
        policy = locked(policy)
        end_approvals(policy.pk, "The rule was deleted.")
        _record(actor, "rule.deleted", policy, before=_shown(policy))
        policy.delete()


def locked(policy: Policy) -> Policy:
    """The rule as it is now, locked until the transaction ends. Raises CannotChangeRule if it is gone."""
    rules = Policy.objects.select_for_update(of=("self",)).select_related("connection")
    found = rules.filter(pk=policy.pk).first()
    if found is None:
        raise CannotChangeRule("The rule has been deleted.", "Look at the list of rules.")
    return found


def _switch(policy: Policy, state: Policy.State, actor: Actor, action: str) -> None:
    with transaction.atomic():
        policy = locked(policy)
        if policy.state == state:
            return
        before = policy.state
        _set_state(policy, state)
        _record(actor, action, policy, before={"state": before}, after={"state": state.value})


def _set_state(policy: Policy, state: Policy.State) -> None:
    if state in (Policy.State.OFF, Policy.State.WATCHING):
        end_approvals(policy.pk, "The rule no longer acts.")
    policy.state, policy.state_since, policy.question = state, timezone.now(), ""
    policy.save()


def _write(policy: Policy, definition: Definition, actor: Actor) -> None:
    policy.name = definition.name
    policy.connection = connection_named(definition.connection)
    stored = as_json(definition)
    policy.definition = {key: value for key, value in stored.items() if key not in ("name", "connection")}
    policy.switched_on_by = [{"name": actor.name, "id": actor.user_id}, *people_behind(actor)]
    try:
        with transaction.atomic():
            policy.save()
    except IntegrityError as error:
        raise CannotChangeRule(
            f"There is already a rule called “{definition.name}”.", "Choose another name."
        ) from error


def connection_named(name: str) -> Connection | None:
    """None for a rule of all connections. Raises CannotChangeRule for a name that none or several have."""
    if not name:
        return None
    found = list(Connection.objects.filter(name=name)[:2])
    if len(found) != 1:
        few = "no connection is" if not found else "several connections are"
        raise CannotChangeRule(f"For this rule, {few} called “{name}”.", "See: Integrations.")
    return found[0]


def _check_may_act(connection: Connection | None) -> None:
    """Where nothing may be removed, nobody should believe that a rule does it."""
    if connection is not None:
        if connection.mode != Mode.ACT:
            raise CannotChangeRule(
                f"{connection.name} is connected with “Read”, so the rule can open no cases there.",
                "Let it watch, or connect again with “Read and take action”.",
            )
    elif not Connection.objects.filter(disconnected_at=None, mode=Mode.ACT).exists():
        raise CannotChangeRule(
            "No account is connected with “Read and take action”, so the rule can open no cases.",
            "Let it watch, or connect an account with “Read and take action”.",
        )


def _shown(policy: Policy) -> dict[str, object]:
    return {"version": policy.version, "definition": as_json(definition_of(policy))}


def _record(
    actor: Actor,
    action: str,
    policy: Policy,
    *,
    before: dict[str, object] | None = None,
    after: dict[str, object] | None = None,
) -> None:
    record(
        actor,
        action,
        f"rule {policy.pk}: {policy.name}",
        before=before,  # type: ignore[arg-type]
        after=after,  # type: ignore[arg-type]
        connection=policy.connection_id,
    )
