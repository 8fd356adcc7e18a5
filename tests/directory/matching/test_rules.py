"""Which employee a person is: rules that always hold, over whatever there is."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from usher.directory.matching.rules import (
    MOST_PROPOSED,
    Decision,
    EmployeeToMatch,
    MatchResult,
    PersonToMatch,
    match,
)
from usher.directory.normalise import canonical

ADDRESSES = st.sampled_from(
    [
        f"{local}@{domain}"
        for local in ("ada", "ada+x", "bo", "cy")
        for domain in ("a.example", "b.example", "c.example")
    ]
)
NAMES = st.sampled_from(["", "ada lovelace", "bo chen"])
DAYS = st.sampled_from([None, None, date(2025, 1, 1), date(2026, 1, 1)])
PEOPLE = st.lists(
    st.tuples(st.integers(1, 2), st.one_of(st.just(""), ADDRESSES), NAMES, st.booleans()), max_size=6
).map(lambda rows: [PersonToMatch(n, *row) for n, row in enumerate(rows, 1)])
EMPLOYEES = st.lists(
    st.tuples(st.integers(1, 3), st.lists(ADDRESSES, max_size=3, unique=True), NAMES, DAYS, ADDRESSES),
    max_size=7,
).map(
    lambda rows: [
        EmployeeToMatch(n, source, source * 10 % 7, tuple(addresses), name, left, (past,))
        for n, (source, addresses, name, left, past) in enumerate(rows, 101)
    ]
)
ALIASES = st.sampled_from([{}, {"b.example": "a.example"}])
DECISIONS = st.dictionaries(
    st.integers(1, 6),
    st.dictionaries(st.integers(101, 107), st.sampled_from(Decision), max_size=2),
    max_size=3,
)


def found(
    people: list[PersonToMatch],
    employees: list[EmployeeToMatch],
    aliases: dict[str, str] | None = None,
    decisions: dict[int, dict[int, Decision]] | None = None,
) -> list[MatchResult]:
    return match(
        people,
        employees,
        aliases=aliases,
        company_domains={"a.example", "b.example"},
        decisions=decisions,
    )


@settings(max_examples=300)
@given(PEOPLE, EMPLOYEES, ALIASES, DECISIONS)
def test_what_holds_of_every_match(
    people: list[PersonToMatch],
    employees: list[EmployeeToMatch],
    aliases: dict[str, str],
    decisions: dict[int, dict[int, Decision]],
) -> None:
    everything = found(people, employees, aliases, decisions)
    known = {each.pk: each for each in employees}
    pairs = [(each.person, each.employee) for each in everything]
    assert len(pairs) == len(set(pairs))
    for person in people:
        mine = [each for each in everything if each.person == person.pk]
        matches = [each for each in mine if each.is_match]
        proposals = [each for each in mine if not each.is_match]
        said = decisions.get(person.pk, {})
        # What was decided holds, and stands.
        assert not any(said.get(each.employee) == Decision.NOT_THE_SAME for each in mine)
        same = {pk for pk, what in said.items() if what == Decision.SAME and pk in known}
        assert {each.employee for each in matches if each.how == "hand"} == same
        # One match a source, but for what was said by hand; one counts, and it has the lowest rank.
        automatic = [known[each.employee].source for each in matches if each.how != "hand"]
        assert len(automatic) == len(set(automatic))
        assert not {known[pk].source for pk in same} & set(automatic)
        assert sum(each.counts for each in matches) == bool(matches)
        if matches:
            [counting] = [each for each in matches if each.counts]
            assert known[counting.employee].rank == min(known[each.employee].rank for each in matches)
        # Proposals are few, have a reason, do not count, and are of people who are here.
        assert all(each.reason and not each.counts for each in proposals)
        assert person.is_here or not proposals
        assert len(proposals) <= 3 * MOST_PROPOSED
        # Nobody is matched by a name: some address is the same.
        for each in matches:
            if each.how == "past":
                had = {canonical(address, aliases) for address in known[each.employee].past_addresses}
                assert canonical(person.address, aliases) in had
            elif each.how not in ("hand", "alias"):
                assert person.address in known[each.employee].addresses


@given(PEOPLE, EMPLOYEES, ALIASES, DECISIONS, st.randoms())
def test_the_order_in_which_they_come_changes_nothing(
    people: list[PersonToMatch],
    employees: list[EmployeeToMatch],
    aliases: dict[str, str],
    decisions: dict[int, dict[int, Decision]],
    random: object,
) -> None:
    before = found(people, employees, aliases, decisions)
    shuffled_people, shuffled = list(people), list(employees)
    random.shuffle(shuffled_people)  # type: ignore[attr-defined]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    after = found(shuffled_people, shuffled, aliases, decisions)
    assert sorted(before, key=lambda e: (e.person, e.employee)) == sorted(
        after, key=lambda e: (e.person, e.employee)
    )


def person(address: str, name: str = "", pk: int = 1) -> PersonToMatch:
    return PersonToMatch(pk, 1, address, name)


def employee(
    pk: int,
    *addresses: str,
    name: str = "",
    source: int = 1,
    left: date | None = None,
    past: tuple[str, ...] = (),
) -> EmployeeToMatch:
    return EmployeeToMatch(pk, source, source, addresses, name, left, past)


def outcome(them: list[MatchResult]) -> list[tuple[int, str, str]]:
    return [(each.employee, each.how, each.reason) for each in them]


def test_an_address_decides() -> None:
    ada = person("ada@a.example", "ada lovelace")
    assert outcome(
        found([ada], [employee(1, "ada@a.example"), employee(2, "x@a.example", name="ada lovelace")])
    ) == [(1, "email", "Same e-mail")]
    assert outcome(found([ada], [employee(1, "x@a.example", "ada@a.example")])) == [
        (1, "other", "Another address of the employee")
    ]


def test_an_alias_is_the_same_company() -> None:
    [made] = found([person("ada@b.example")], [employee(1, "ada@a.example")], {"b.example": "a.example"})
    assert made.how == "alias"


def test_two_employees_who_work_here_with_one_address_are_proposed() -> None:
    those = [employee(1, "ada@a.example"), employee(2, "x@a.example", "ada@a.example")]
    assert outcome(found([person("ada@a.example")], those)) == [
        (1, "", "2 employees have this address"),
        (2, "", "2 employees have this address"),
    ]


def test_who_has_an_address_now_is_meant_and_not_who_had_it_before() -> None:
    before, now = employee(1, "ada@a.example", left=date(2024, 1, 1)), employee(2, "ada@a.example")
    assert outcome(found([person("ada@a.example")], [before, now])) == [
        (2, "email", "Same e-mail; the previous holder has left")
    ]
    later = employee(2, "ada@a.example", left=date(2025, 1, 1))
    assert [each.employee for each in found([person("ada@a.example")], [before, later])] == [2]
    as_late = employee(2, "ada@a.example", left=date(2024, 1, 1))
    assert not any(each.is_match for each in found([person("ada@a.example")], [before, as_late]))


def test_a_name_alone_is_a_proposal() -> None:
    those = [employee(1, "al@a.example", name="ada lovelace")]
    assert outcome(found([person("ada@private.example", "ada lovelace")], those)) == [
        (1, "", "Same name, different address")
    ]
    assert outcome(found([person("", "ada lovelace")], those)) == [
        (1, "", "Same name; Asana shows no address")
    ]


def test_a_name_of_two_employees_or_of_many_people_is_no_proposal() -> None:
    two = [employee(n, f"e{n}@a.example", name="ada lovelace") for n in (1, 2)]
    assert found([person("ada@private.example", "ada lovelace")], two) == []
    crowd = [person(f"ada{n}@private.example", "ada lovelace", n) for n in range(4)]
    assert found(crowd, two[:1]) == []


def test_a_namesake_is_not_proposed_where_the_employee_is_in_asana_by_address() -> None:
    people = [person("al@a.example", "ada lovelace", 1), person("ada@private.example", "ada lovelace", 2)]
    assert [each.person for each in found(people, [employee(1, "al@a.example", name="ada lovelace")])] == [1]


def test_a_tag_or_another_domain_of_the_company_is_a_proposal() -> None:
    those = [employee(1, "ada@a.example")]
    assert outcome(found([person("ada+asana@a.example")], those)) == [
        (1, "", "Same address except for the part after the plus")
    ]
    assert outcome(found([person("ada@b.example")], those)) == [
        (1, "", "Same name before the @: b.example here, a.example in the directory")
    ]
    assert found([person("ada@elsewhere.example")], those) == []


def test_a_shared_mailbox_makes_no_crowd_of_proposals() -> None:
    shared = [employee(n, f"e{n}@a.example", "info@a.example") for n in range(1, 200)]
    assert found([person("info@a.example"), person("info@b.example", pk=2)], shared) == []


@pytest.mark.parametrize("day", [None, date(2026, 11, 1)])
def test_a_past_address_matches_until_somebody_else_holds_it(day: date | None) -> None:
    left = employee(1, "new@acme.example", left=day, past=("ada@acme.example",))
    assert outcome(match([person("ada@acme.example")], [left])) == [
        (1, "past", "An address that the employee had")
    ]
    holder = employee(2, "ada@acme.example")
    assert outcome(match([person("ada@acme.example")], [left, holder])) == [(2, "email", "Same e-mail")]


def test_a_past_address_of_two_is_a_question() -> None:
    both = [
        employee(pk, f"gone{pk}@acme.example", left=date(2026, 11, pk), past=("ada@acme.example",))
        for pk in (1, 2)
    ]
    found = outcome(match([person("ada@acme.example")], both))
    assert found == [(1, "", "2 employees had this address"), (2, "", "2 employees had this address")]


def test_an_account_with_the_name_of_the_previous_holder_is_a_question() -> None:
    john = employee(1, "j.doe@acme.example", name="john doe", left=date(2025, 11, 1))
    jane = employee(2, "j.doe@acme.example", name="jane doe")
    assert {
        pk for pk, how, _ in outcome(match([person("j.doe@acme.example", "john doe")], [john, jane]))
    } == {1, 2}
    assert not any(
        how for _, how, _ in outcome(match([person("j.doe@acme.example", "john doe")], [john, jane]))
    )
    assert outcome(match([person("j.doe@acme.example", "jane doe")], [john, jane])) == [
        (2, "email", "Same e-mail; the previous holder has left")
    ]


@pytest.mark.parametrize(
    ("asana", "directory", "reason"),
    [
        ("ada.lovelace@gmail.com", "adalovelace@googlemail.com", "Same address except for dots"),
        ("ada.lovelace@acme.example", "adalovelace@acme.example", "Same address except for dots"),
        ("arnold@acme.example", "amold@acme.example", "The addresses look alike, but some letters differ"),
        ("аda@acme.example", "ada@acme.example", "The addresses look alike, but some letters differ"),
        ("ada@acrne.example", "ada@acme.example", "The addresses look alike, but some letters differ"),
    ],
)
def test_addresses_that_look_alike_are_proposed_and_never_matched(
    asana: str, directory: str, reason: str
) -> None:
    assert outcome(match([person(asana)], [employee(1, directory)])) == [(1, "", reason)]
