"""What a rule says is the same as a form, as JSON in the database, and as YAML."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from usher.activity.usage.rules import Confidence
from usher.policy.as_yaml import from_yaml, to_yaml
from usher.policy.definition import (
    Affiliation,
    CannotBeRule,
    Definition,
    Does,
    Exceptions,
    What,
    When,
    Who,
    WithoutAnswer,
    as_json,
    check,
    decode,
    finds_by_directory,
    finds_by_usage,
)
from usher.policy.forms import RuleForm
from usher.policy.sentence import sentence_of
from usher.policy.starting_points import STARTING_POINTS
from usher.removal.models import Case
from usher.roster.models import Licence, Role

days = st.none() | st.integers(1, 3660)
words = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=12)
parts = st.builds(
    Definition,
    name=words,
    who=st.builds(
        Who,
        idle_for=days,
        at_least=st.sampled_from([Confidence.HIGH, Confidence.MEDIUM]),
        never_came_within=days,
        only_integrations=st.booleans(),
        back_from_pause_within=days,
        left=st.booleans(),
        leaving_within=days,
        unknown_for=days,
        roles=st.lists(st.sampled_from(Role), unique=True),
        licences=st.lists(st.sampled_from(Licence), unique=True),
        domains=st.lists(words, max_size=2),
        departments=st.lists(words, max_size=2),
        affiliation=st.none() | st.sampled_from(Affiliation),
    ),
    what=st.builds(
        What,
        does=st.sampled_from(Does),
        kind=st.sampled_from([Case.Kind.REMOVE, Case.Kind.DOWNGRADE]),
        hand_over_to_manager=st.booleans(),
        at_most=st.integers(1, 200),
        answer_within=st.integers(1, 90),
        without_answer=st.sampled_from(WithoutAnswer),
        ask_again_after=st.integers(1, 900),
        in_slack=st.booleans(),
    ),
    exceptions=st.builds(
        Exceptions,
        people=st.lists(words, max_size=2),
        departments=st.lists(words, max_size=2),
        on_leave=st.booleans(),
        out_of_office=st.booleans(),
        joined_within=days,
    ),
    when=st.sampled_from(When),
    days_before_notice=st.integers(1, 400),
)


def as_rule(parts: Definition) -> Definition:
    """Without what contradicts something else of it, and with something that finds people."""
    who = parts.who
    if who.left or who.leaving_within is not None:
        who.unknown_for = None
    if who.left:
        who.leaving_within = None
    if parts.what.does is Does.ASK:
        who.left, who.leaving_within, who.unknown_for = False, None, None
    if parts.what.does is Does.MAKE_PUBLIC:
        who.left, who.leaving_within, who.unknown_for = False, who.leaving_within or 7, None
    if parts.what.kind == Case.Kind.DOWNGRADE or parts.what.does is Does.PAUSE:
        who.licences = [licence for licence in who.licences if licence == Licence.MEMBER]
    if not finds_by_usage(who) and not finds_by_directory(who):
        who.idle_for = 30
    return parts


definitions = parts.map(as_rule)


@given(definitions)
def test_json_and_yaml_bring_back_the_same_rule(definition: Definition) -> None:
    assert decode(as_json(definition)) == definition
    assert from_yaml(to_yaml([definition, definition])) == [definition, definition]


def as_posted(form: RuleForm) -> dict[str, Any]:
    """What a browser sends when nobody changed anything."""
    posted: dict[str, Any] = {}
    for name, field in form.fields.items():
        value = field.prepare_value(form.initial[name]) if name in form.initial else None
        if value not in (None, False):
            posted[name] = value
    return posted


@pytest.mark.django_db
@given(definitions)
@settings(deadline=None, max_examples=60)
def test_the_form_of_a_rule_that_nobody_changes_gives_the_same_rule(definition: Definition) -> None:
    form = RuleForm(as_posted(RuleForm(None, definition)), definition)
    assert form.is_valid(), form.errors
    assert form.definition == definition


@pytest.mark.parametrize("key", STARTING_POINTS)
def test_each_rule_to_begin_with_is_one_and_reads_as_a_sentence(key: str) -> None:
    definition = STARTING_POINTS[key]
    check(definition)
    sentence = sentence_of(definition)
    assert sentence.startswith("Every day")
    assert sentence.endswith(".")


def test_a_rule_is_read_out_with_all_that_it_says() -> None:
    definition = Definition(
        "Everything",
        Who(
            idle_for=90,
            at_least=Confidence.HIGH,
            roles=[Role.MEMBER, Role.ADMIN],
            domains=["a.example", "b.example"],
        ),
        What(Does.REQUEST, hand_over_to_manager=True, at_most=5),
        Exceptions(joined_within=30, departments=["Legal"], people=["ceo@a.example"]),
        connection="Acme",
    )
    assert sentence_of(definition) == (
        "Every day after the sync, find members or admins who did not use Asana for 90 days, known with high "
        "confidence and have an address at a.example or b.example in Acme, except people on leave, who joined within "
        "30 days, people of Legal and 1 named person. Open a case and request approval for removal, with their work "
        "handed over to their manager, at most 5 a day."
    )


def test_rules_about_pauses_are_read_out() -> None:
    pause = Definition("Pause", Who(idle_for=60), What(Does.PAUSE, at_most=5), Exceptions(on_leave=False))
    assert sentence_of(pause) == (
        "Every day after the sync, find people who did not use Asana for 60 days. Put on the list of licences to "
        "pause, at most 5 people a day: a person pauses them in Asana."
    )
    assert (
        "who came back from a paused licence within the last 7 days, so that Asana bills it again"
        in sentence_of(STARTING_POINTS["back-from-pause"])
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name: X\nwho: {}", "find everybody"),
        ("name: X\nwho: {idle_for: 0}", "idle_for"),
        ("name: X\nwho: {idle_for: '90'}", "idle_for"),
        ("name: X\nwho: {idle_for: 90, does_not_exist: 1}", "does_not_exist"),
        ("name: X\nwho: {idle_for: 90}\nwhat: {does: approve}", "approve"),
        ("name: X\nwho: {idle_for: 90}\nwhat: {kind: restore}", "invites nobody"),
        ("name: X\nwho: {idle_for: 90}\nwhat: {does: make_public}", "about to leave"),
        ("name: X\nwho: {left: true, leaving_within: 3}", "has left and is leaving"),
        ("name: X\nwho: {idle_for: 90, licences: [guest]}\nwhat: {kind: downgrade}", "Only Member"),
        ("name: X\nwho: {idle_for: 90, licences: [view_only]}\nwhat: {does: pause}", "can be paused"),
        ("name: X\nwho: {back_from_pause_within: 0}", "back_from_pause_within"),
        ("name: X\nwho: {idle_for: 90, at_least: none}", "observed"),
        ("- just\n- a list", "cannot be read"),
        ("a: [", "no YAML"),
        ("!!python/object/apply:os.system ['true']", "no YAML"),
        ("", "no rule in it"),
        ("42", "cannot be read"),
    ],
)
def test_what_is_no_rule_is_refused_with_the_reason(text: str, says: str) -> None:
    with pytest.raises(CannotBeRule, match=says):
        from_yaml(text)
