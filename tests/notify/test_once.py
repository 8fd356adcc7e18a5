"""However often and in whatever order things are told: each key is told once, and once to each receiver."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from tests.support.notify.telling import tell_of
from usher.access.roles import UserRole
from usher.notify.audience import reaches, wish_of
from usher.notify.kinds import FOR_USERS, KINDS
from usher.notify.models import Delivery, Notice, NoticeChoice

KEYS = st.tuples(st.sampled_from(["ledger_broken", "rule_stopped", "case_waits"]), st.sampled_from("abcde"))


class OnceTest(TestCase):
    @settings(max_examples=40, deadline=None)
    @given(told=st.lists(KEYS, max_size=30), spread_after=st.sets(st.integers(0, 30), max_size=5))
    def test_each_key_is_told_once_to_each_receiver(
        self, told: list[tuple[str, str]], spread_after: set[int]
    ) -> None:
        from usher.access.models import User
        from usher.notify.models import Destination
        from usher.notify.sending.spreading import spread_notices

        User.objects.create_user("a@x.example", "a@x.example", "correct horse battery 9", role=UserRole.ADMIN)
        Destination.objects.create(name="C", channel="webhook", target="https://x.example", kinds=list(KINDS))
        seen = set[tuple[str, str]]()
        with self.settings(EMAIL_HOST="mail.example.com"):
            for number, (kind, key) in enumerate(told):
                assert tell_of(kind, key) is ((kind, key) not in seen)
                seen.add((kind, key))
                if number in spread_after:
                    spread_notices()
            spread_notices()
            spread_notices()
        singles = Notice.objects.exclude(facts__has_key="parts")
        assert set(singles.values_list("kind", "key")) == seen
        to_machine = Counter(Delivery.objects.exclude(destination=None).values_list("notice", flat=True))
        assert to_machine == Counter(singles.values_list("pk", flat=True))
        # A person gets each alone, or as a part of one message about several.
        to_person = Counter(Delivery.objects.filter(destination=None).values_list("notice", flat=True))
        expected = Counter(part or pk for pk, part in singles.values_list("pk", "part_of"))
        assert set(to_person.values()) <= {1}
        assert set(to_person) == set(expected)


ROLE = st.sampled_from([str(role) for role in UserRole])
CHOICE = st.none() | st.builds(NoticeChoice, by_mail=st.booleans(), by_slack=st.booleans())


@given(kind=st.sampled_from(FOR_USERS), role=ROLE, choice=CHOICE, minimum=st.none() | ROLE)
def test_whoever_falls_under_the_minimum_is_told_and_others_as_they_chose(
    kind: object, role: str, choice: NoticeChoice | None, minimum: str | None
) -> None:
    wish = wish_of(kind, role, choice, minimum)  # type: ignore[arg-type]
    if minimum and reaches(role, minimum):
        assert wish.is_told
        assert wish.is_required
    elif choice:
        assert (wish.by_mail, wish.by_slack) == (choice.by_mail, choice.by_slack)
    if choice and choice.by_slack:
        assert wish.by_slack


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_kind_has_an_example_for_each_fact_of_its_texts(kind: object) -> None:
    assert kind.needed == set(kind.example)  # type: ignore[attr-defined]
