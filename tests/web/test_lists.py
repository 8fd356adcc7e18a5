"""What lists read from a request: nonsense is ignored, and never an error."""

import pytest
from django import forms
from django.http import QueryDict
from django.test import RequestFactory
from django.test.html import parse_html

from usher.web.lists import DEFAULT_PAGE_SIZE, page_size, parse_id, parse_ids, select_widget, valid_day

NONSENSE = ["", "-1", "1.5", "x", "１２", "1" * 19, "9" * 5000]


@pytest.mark.parametrize("text", NONSENSE)
def test_what_is_no_id_is_none(text: str) -> None:
    assert parse_id(text) is None


def test_of_several_values_the_ids_are_kept_in_order() -> None:
    asked = QueryDict("person=3&person=x&person=1&person=" + "9" * 40)
    assert parse_ids(asked.getlist("person")) == [3, 1]
    assert parse_id("9" * 18) == int("9" * 18)


@pytest.mark.parametrize("text", [None, "", "tomorrow", "2026-02-30", "30.01.2026", "2026-13-01"])
def test_what_is_no_day_leaves_the_field_empty(text: str | None) -> None:
    assert valid_day(text) == ""


def test_a_day_is_taken_as_it_is() -> None:
    assert valid_day("2026-02-28") == "2026-02-28"


@pytest.mark.parametrize("asked", ["?per_page=", "?per_page=7", "?per_page=999999999", "?per_page=x", ""])
def test_a_page_size_that_is_not_on_offer_is_the_default(asked: str) -> None:
    assert page_size(RequestFactory().get(f"/people/{asked}")) == DEFAULT_PAGE_SIZE


def test_a_page_size_on_offer_is_taken() -> None:
    assert page_size(RequestFactory().get("/people/?per_page=25")) == 25


@pytest.mark.parametrize("value", ["", "1", "b&", None])
def test_a_select_is_what_django_renders(value: str | None) -> None:
    choices = [("", "Any <thing>"), ("b&", "B & C"), (1, "One"), ("Group", [("x", "“X”"), ("y", "Y")])]
    attributes = {"id": "id_one", "required": True, "aria-label": "a “b”"}
    ours = select_widget(choices).render("one", value, attributes)
    django = forms.Select(attrs={"class": "form-select"}, choices=choices).render("one", value, attributes)
    assert parse_html(ours) == parse_html(django)
