"""How addresses, names and patterns are compared."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usher.directory.normalise import (
    canonical,
    fits,
    like,
    name_key,
    normal_address,
    normal_domain,
    resolved,
    untagged,
)

LABELS = st.text("abcäößéABC0-ｘı", min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ada@Acme.example", " ada@acme.EXAMPLE "),
        ("m\u00fcller@acme.example", "mu\u0308ller@acme.example"),
        ("MÜLLER@acme.example", "müller@acme.example"),
        ("ada@b\u00fccher.example", "ada@xn--bcher-kva.example"),
        ("ada@BÜCHER.example", "ADA@XN--BCHER-KVA.EXAMPLE"),
        ("ada@acme.example.", "ada@acme.example"),
    ],
)
def test_the_same_address_has_one_spelling(one: str, other: str) -> None:
    assert normal_address(one) == normal_address(other) != ""


@pytest.mark.parametrize("text", ["", "ada", "@acme.example", "ada@", " @ "])
def test_what_is_no_address_has_none(text: str) -> None:
    assert normal_address(text) == ""


@given(st.text(max_size=30))
def test_a_spelling_stays_as_it_is(text: str) -> None:
    once = normal_address(f"{text}@{text}")
    assert normal_address(once) == once


@given(st.text(max_size=20))
def test_composed_and_decomposed_letters_are_alike(text: str) -> None:
    address = f"a{text}@acme.example"
    forms = {normal_address(unicodedata.normalize(form, address)) for form in ("NFC", "NFD")}
    assert len(forms) == 1


@given(LABELS)
def test_a_domain_in_punycode_is_the_domain(label: str) -> None:
    spelled = normal_domain(f"x{label}.example")
    encoded = ".".join(
        part if part.isascii() else f"xn--{part.encode('punycode').decode()}" for part in spelled.split(".")
    )
    assert normal_domain(encoded) == spelled


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Ada Lovelace", "ada lovelace"),
        ("  ADA   LOVELACE ", "ada lovelace"),
        ("Lovelace, Ada", "ada lovelace"),
        ("Lovelace,Ada King", "ada king lovelace"),
        ("King, Ada, Countess", "king, ada, countess"),
        ("Ada", ""),
        ("", ""),
    ],
)
def test_a_full_name_has_one_spelling(name: str, key: str) -> None:
    assert name_key(name) == key


def test_a_tag_is_taken_off() -> None:
    assert untagged("ada+asana@acme.example") == "ada@acme.example"
    assert untagged("+ada@acme.example") == "+ada@acme.example"


@pytest.mark.parametrize(
    ("pattern", "address", "expected"),
    [
        ("svc-*@acme.example", "SVC-backup@Acme.example", True),
        ("svc-*@acme.example", "xsvc-backup@acme.example", False),
        ("*@BÜCHER.example", "ada@xn--bcher-kva.example", True),
        ("a_a@acme.example", "aba@acme.example", False),
        ("a%@acme.example", "abc@acme.example", False),
        ("a.a@acme.example", "aba@acme.example", False),
        ("*", "anybody@anywhere.example", True),
    ],
)
def test_only_a_star_stands_for_other_characters(pattern: str, address: str, expected: bool) -> None:
    assert fits(pattern, address) == expected


def test_what_means_something_in_sql_is_escaped() -> None:
    assert like("a*b_c%d\\") == "a%b\\_c\\%d\\\\"


DOMAINS = st.sampled_from([f"{letter}.example" for letter in "abcde"])


@given(st.dictionaries(DOMAINS, DOMAINS))
def test_aliases_lead_to_the_end_of_their_chain(aliases: dict[str, str]) -> None:
    found = resolved(aliases.items())
    for domain in {*aliases, *aliases.values()}:
        end = canonical(f"ada@{domain}", found)
        assert canonical(end, found) == end  # also where the aliases form a ring
    for alias, domain in aliases.items():
        assert canonical(f"ada@{alias}", found) == canonical(f"ada@{domain}", found)
