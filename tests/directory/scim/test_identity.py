"""Whether two records are of the same person."""

import pytest

from usher.directory.scim.identity import (
    Identity,
    Likeness,
    is_same_person,
    likeness,
    living_address,
    user_name_for,
)

ANNA = Identity("anna.meier@acme.example", "7", "41", "Anna Meier", "anna.meier@acme.example")


@pytest.mark.parametrize(
    ("other", "is_same"),
    [
        (ANNA, True),
        (Identity("anna.vogt@acme.example", "7", "41", "Anna Vogt", "anna.vogt@acme.example"), True),
        (Identity("anna.vogt@acme.example", "7", "", "Anna Vogt"), True),
        (Identity("anna.vogt@acme.example", "7"), True),
        (Identity("anna.meier@acme.example", "7", "99", "Anna Meier"), True),
        (Identity("anna.meier@acme.example", "8", "", "Anna Meier"), True),
        (Identity("anna.meier@acme.example", "", "", "Anna Vogt"), True),
        (Identity("anna.meier@acme.example", "7", "41", "Robin Meier"), True),
        (Identity("anna.meier@acme.example", "8", "", "Anna Vogt"), False),
        (Identity("anna.meier@acme.example", "7", "99", "Anke Meier"), False),
        (Identity("anna.meier@acme.example", "7", "", "Anke Meier"), False),
        (Identity("anna.meier@acme.example", "8", "", "Omar Said"), False),
        (Identity("omar.said@acme.example", "7", "", "Omar Said"), False),
        (Identity("omar.said@acme.example", "7"), False),
        (Identity("omar.said@acme.example", "8", "41", "Anna Meier"), False),
    ],
)
def test_the_same_id_or_user_name_is_the_same_person_unless_the_name_says_otherwise(
    other: Identity, is_same: bool
) -> None:
    assert is_same_person(ANNA, other) is is_same
    assert is_same_person(other, ANNA) is is_same


@pytest.mark.parametrize(
    ("one", "other", "how"),
    [
        ("Anna Meier", "Meier, Anna", Likeness.SAME),
        ("Zoë Berg", "zoe  BERG", Likeness.SAME),
        ("Anna Meier", "Anna Meier-Vogt", Likeness.SIMILAR),
        ("Rob Stone", "Robert Stone", Likeness.SIMILAR),
        ("R. Stone", "Robert Stone", Likeness.SIMILAR),
        ("John Smith", "Jane Smith", Likeness.OTHER),
        ("Jo Smith", "John Smith", Likeness.OTHER),
        ("Anna", "Omar", Likeness.OTHER),
        ("Anna Meier", "", Likeness.UNKNOWN),
    ],
)
def test_names_are_alike(one: str, other: str, how: Likeness) -> None:
    assert likeness(one, other) == likeness(other, one) == how


HEX = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (f"{HEX}anna@acme.example", "anna@acme.example"),
        (f"{HEX.upper()}Anna@acme.example", "Anna@acme.example"),
        (f"{HEX}@acme.example", f"{HEX}@acme.example"),
        (f"{HEX}{HEX}@acme.example", f"{HEX}{HEX}@acme.example"),
        (f"{HEX}deadbeef@acme.example", "deadbeef@acme.example"),
        (f"{HEX}feedbeef@acme.example", f"{HEX}feedbeef@acme.example"),
        (f"{HEX}anna", f"{HEX}anna"),
        ("anna@acme.example", "anna@acme.example"),
    ],
)
def test_the_address_within_a_tombstone(text: str, address: str) -> None:
    assert living_address(text, {"deadbeef@acme.example"}) == address


@pytest.mark.parametrize(
    ("attributes", "name"),
    [
        ({"userName": "anna", "externalId": "7"}, "anna"),
        ({"userName": " ", "externalId": "7"}, "7"),
        ({"USERNAME": 17}, "17"),
        ({"emails": [{"type": "work"}, {"value": "a@acme.example"}]}, "a@acme.example"),
        ({"emails": "a@acme.example", "userName": None}, "a@acme.example"),
        ({"displayName": "Anna", "active": True, "userName": True}, ""),
        ({}, ""),
    ],
)
def test_a_user_is_called_by_what_identifies_them(attributes: dict[str, object], name: str) -> None:
    assert user_name_for(attributes) == name
