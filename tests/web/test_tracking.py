"""Each request has an id, which the answer, its error page and the log name."""

import json
import logging

import pytest
from django.test import Client
from pytest_django import Settings

from tests.support.paths import ROOT
from usher.platform.following import counting
from usher.platform.following.counting import CountedSeries
from usher.platform.following.log_lines import JsonFormatter
from usher.platform.proxies import trusted_proxies
from usher.web.tracking import PAGES, RESPONSES

pytestmark = pytest.mark.urls("tests.support.web.style_page")


@pytest.fixture
def patient() -> Client:
    """Shows the error page instead of raising what caused it."""
    return Client(raise_request_exception=False)


@pytest.mark.parametrize("page", ["/nowhere/", "/broken/"])
def test_the_page_of_an_error_names_the_request_as_the_log_does(
    patient: Client, page: str, caplog: pytest.LogCaptureFixture
) -> None:
    written: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda entry: written.append(JsonFormatter().format(entry))  # type: ignore[method-assign]
    logging.getLogger("django.request").addHandler(handler)
    try:
        answer = patient.get(page)
    finally:
        logging.getLogger("django.request").removeHandler(handler)
    number = answer.headers["X-Request-ID"]
    assert f'<code id="request-id">{number}</code>' in answer.text
    if page == "/broken/":
        assert {json.loads(line)["request_id"] for line in written} == {number}


def test_every_page_of_an_error_has_it() -> None:
    folder = ROOT / "src/usher/web/templates"
    pages = [*folder.glob("web/[45]*.html"), *folder.glob("4*.html")]
    assert len(pages) >= 9
    assert [page.name for page in pages if "{% request_number %}" not in page.read_text()] == []


def test_two_requests_have_two_ids(client: Client) -> None:
    assert client.get("/style/").headers["X-Request-ID"] != client.get("/style/").headers["X-Request-ID"]


@pytest.mark.parametrize(
    ("peer", "given", "is_taken"),
    [
        ("10.0.0.5", "0af7651916cd43dd8448eb211c80319c", True),
        ("192.0.2.1", "0af7651916cd43dd8448eb211c80319c", False),
        ("10.0.0.5", "<b>bold-enough</b>", False),
        ("10.0.0.5", "x" * 65, False),
    ],
)
def test_an_id_is_taken_from_a_trusted_proxy_alone(
    client: Client, settings: Settings, peer: str, given: str, is_taken: bool
) -> None:
    settings.USHER_TRUSTED_PROXIES = trusted_proxies("10.0.0.0/8")
    answer = client.get("/style/", headers={"X-Request-ID": given}, REMOTE_ADDR=peer)
    assert (answer.headers["X-Request-ID"] == given) is is_taken


def test_pages_are_timed_by_their_name_and_never_by_their_address(patient: Client) -> None:
    counting.take()
    patient.get("/style/?email=ann@example.com")
    patient.get("/nowhere/ann/")
    patient.get("/broken/")
    counted = counting.take()
    pages = {series.labels[0]: counts for series, counts in counted.items() if series.name == PAGES}
    assert len(pages) == 3
    assert "none" in pages
    assert not any("/" in page or "ann" in page for page in pages)
    assert all(sum(counts.numbers) == 1 and counts.total > 0 for counts in pages.values())
    assert counted[CountedSeries(RESPONSES, ("5xx",))].numbers == (1,)
    assert counted[CountedSeries(RESPONSES, ("4xx",))].numbers == (1,)
