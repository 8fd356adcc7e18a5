"""Whether two names may be those of one person."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usher.directory.matching.names import may_be_same

NAMES = st.text(max_size=30)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ada Lovelace", "Lovelace, Ada"),
        ("Ada Lovelace", "ADA KING LOVELACE"),
        ("Rob Miller", "Robert Miller"),
        ("R. Miller", "Robert Miller"),
        ("Jürgen Groß", "Jurgen Gross"),
        ("Søren Kjær", "Soren Kjaer"),
        ("Dr. Ada Lovelace (she/her)", "Ada Lovelace"),
        ("Katharina Weiß", "Katarina Weiß"),
        ("Ada", "Ada Lovelace"),
        ("", "Ada Lovelace"),
        ("Ольга Петрова", "Olga Petrova"),
        ("ada@acme.example", "Ada Lovelace"),
    ],
)
def test_these_may_be_one(one: str, other: str) -> None:
    assert may_be_same(one, other)
    assert may_be_same(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("John Doe", "Jane Doe"),
        ("Ada Lovelace", "Grace Hopper"),
        ("Anna Schmidt", "Anna Müller"),
        ("John Doe", "Doe, Jane"),
    ],
)
def test_these_are_asked_about(one: str, other: str) -> None:
    assert not may_be_same(one, other)
    assert not may_be_same(other, one)


@given(NAMES, NAMES)
def test_the_order_does_not_matter_and_a_name_is_like_itself(one: str, other: str) -> None:
    assert may_be_same(one, other) == may_be_same(other, one)
    assert may_be_same(one, one)
