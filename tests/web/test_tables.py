import re

import pytest
from django.test import Client

pytestmark = [pytest.mark.urls("tests.support.web.style_page"), pytest.mark.django_db]


def table(client: Client, query: str = "") -> str:
    return client.get(f"/table/{query}").text


def links(page: str, name: str) -> list[str]:
    return [link.replace("&amp;", "&") for link in re.findall(rf'id="{name}" href="([^"]*)"', page)]


def test_a_table_says_which_part_of_it_is_shown(client: Client) -> None:
    assert "1–50 of 2,000" in table(client)
    assert "1,951–2,000 of 2,000" in table(client, "?page=40")


def test_the_first_page_has_no_way_back_and_the_last_no_way_on(client: Client) -> None:
    first, last = table(client), table(client, "?page=40")
    assert links(first, "page-first") == links(first, "page-previous") == []
    assert links(first, "page-next") == ["?page=2"]
    assert links(first, "page-last") == ["?page=40"]
    assert links(last, "page-next") == links(last, "page-last") == []
    assert links(last, "page-previous") == ["?page=39"]


def test_sorting_keeps_the_filter_and_starts_at_the_first_page(client: Client) -> None:
    assert links(table(client, "?q=example&page=3"), "sort-role") == ["?q=example&sort=role"]


def test_a_sorted_column_says_so_and_its_link_turns_the_order_round(client: Client) -> None:
    page = table(client, "?sort=role")
    assert re.search(
        r'<th [^>]*aria-sort="ascending"[^>]*>\s*<a [^>]*id="sort-role" href="\?sort=-role"', page
    )
    assert 'aria-sort="descending"' in table(client, "?sort=-role")
    assert "Admin</span>" in page
    assert "Admin</span>" not in table(client, "?sort=-role")


def test_a_column_that_cannot_be_sorted_has_no_link(client: Client) -> None:
    assert links(table(client), "sort-note") == []


def test_paging_keeps_filter_order_and_size(client: Client) -> None:
    page = table(client, "?q=example&sort=role&per_page=25")
    assert links(page, "page-next") == ["?q=example&sort=role&per_page=25&page=2"]
    assert "1–25 of 2,000" in page


def test_a_size_of_ones_own_is_among_those_on_offer(client: Client) -> None:
    assert re.search(r"<option selected>\s*30</option>", table(client, "?per_page=30"))


def test_a_table_without_rows_says_why_and_has_no_pages(client: Client) -> None:
    page = table(client, "?q=nobody")
    assert "No people match" in page
    assert "Loosen the filter" in page
    assert "<table" not in page


def test_every_cell_names_its_column_for_narrow_screens(client: Client) -> None:
    assert table(client, "?per_page=25").count('data-label="Licence"') == 25


def test_what_stands_in_the_address_is_escaped(client: Client) -> None:
    page = table(client, '?q=&x="><script>')
    assert "<script>" not in page
