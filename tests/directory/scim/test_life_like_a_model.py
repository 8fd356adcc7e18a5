"""Months of an identity provider, compared with who really works there: nobody wrong, nobody missed."""

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.support.directory.identity_provider import IdentityProvider
from tests.support.directory.identity_providers_life import STYLES, Life, Somebody
from tests.support.roster.people import a_connection, a_member, a_workspace
from usher.directory.matching.decisions import match_by_hand
from usher.directory.models import Employee, Match, Source
from usher.ledger.actors import SYSTEM
from usher.roster.models import Person, Workspace

EVENTS = st.lists(
    st.tuples(
        st.sampled_from(
            ["join", "join", "leave", "leave", "come_back", "rename", "change", "purge", "repeat_old_delete"]
        ),
        st.integers(0, 9),
        st.integers(0, 11),
        st.sampled_from(["arrives", "arrives", "arrives", "twice", "lost", "unanswered"]),
    ),
    max_size=30,
)


@pytest.fixture
def acme(db: None) -> Workspace:
    return a_workspace(a_connection(), "Acme Inc", "elsewhere.example")


@pytest.mark.parametrize("style", STYLES)
@settings(
    max_examples=settings().max_examples // 4,
    derandomize=settings().max_examples <= 100,  # the thorough profile looks for new sequences
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(events=EVENTS)
@example(events=[("join", 0, 0, "arrives"), ("rename", 0, 1, "arrives")])
@example(events=[("join", 0, 0, "arrives"), ("rename", 0, 4, "arrives"), ("leave", 0, 1, "arrives")])
@example(events=[("join", 0, 0, "arrives"), ("leave", 0, 1, "arrives"), ("come_back", 0, 0, "unanswered")])
@example(events=[("join", 0, 0, "arrives"), ("leave", 0, 1, "lost"), ("join", 0, 2, "arrives")])
@example(
    events=[
        ("join", 0, 0, "arrives"),
        ("leave", 0, 1, "twice"),
        ("join", 0, 2, "arrives"),
        ("come_back", 0, 1, "lost"),
    ]
)
@example(
    events=[
        ("join", 0, 0, "arrives"),
        ("rename", 0, 0, "arrives"),
        ("leave", 0, 0, "arrives"),
        ("join", 0, 1, "arrives"),
        ("come_back", 0, 0, "arrives"),
    ]
)
@example(
    events=[
        ("join", 0, 0, "arrives"),
        ("join", 0, 0, "arrives"),
        ("rename", 0, 0, "arrives"),
        ("leave", 0, 11, "arrives"),
        ("join", 0, 1, "arrives"),
        ("come_back", 0, 0, "arrives"),
    ]
)
def test_who_works_here_is_what_the_identity_provider_says(
    idp: IdentityProvider,
    source: Source,
    acme: Workspace,
    style: str,
    events: list[tuple[str, int, int, str]],
) -> None:
    Employee.objects.all().delete()
    Person.objects.all().delete()
    accounts: dict[int, int] = {}

    def matched_by_hand(who: Somebody) -> None:
        if who.number in accounts or not who.user_id:
            return
        person = a_member(acme, f"Account {who.number}").person
        accounts[who.number] = person.pk
        match_by_hand(SYSTEM, person, Employee.objects.get(pk=who.user_id))

    life = Life(idp, style, joined=matched_by_hand)
    for event, who, variant, fate in events:
        if event == "join":
            life.join(variant, fate)
        elif life.people:
            getattr(life, event)(life.people[who % len(life.people)], variant, fate)
    life.deliver_all()

    here = Employee.objects.filter(is_active=True, is_listed=True)
    assert sorted(each.email for each in here) == sorted(each.address for each in life.people if each.is_here)
    # Whoever was matched by hand is still the same employee, whatever the identity provider has done meanwhile.
    for each in life.people:
        if each.number in accounts:
            employee = (
                Match.objects.select_related("employee")
                .get(person=accounts[each.number], how="hand")
                .employee
            )
            assert (employee.is_active and employee.is_listed) is each.is_here, each
            if each.is_here:
                assert employee.email == each.address
                assert employee.name == f"{each.given} {each.family}"
