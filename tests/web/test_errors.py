import pytest
from django.db import connection
from django.test import Client

from usher.web import errors

pytestmark = pytest.mark.urls("tests.support.web.style_page")


@pytest.fixture
def patient() -> Client:
    """Shows the error page instead of raising what caused it."""
    return Client(raise_request_exception=False)


def test_a_page_that_does_not_exist(client: Client) -> None:
    answer = client.get("/nowhere/")
    assert answer.status_code == 404
    assert "Page not found" in answer.text


@pytest.mark.django_db  # the trail notes it
def test_a_refusal_says_why(client: Client) -> None:
    answer = client.get("/forbidden/")
    assert answer.status_code == 403
    assert "Only administrators may connect Asana." in answer.text


def test_a_host_that_is_not_ours(client: Client) -> None:
    answer = client.get("/style/", headers={"host": "evil.example"})
    assert answer.status_code == 400
    assert "could not read this request" in answer.text
    assert "evil.example" not in answer.text


def test_a_defect_shows_a_page_that_needs_no_database(patient: Client) -> None:
    # Without the django_db mark any query raises; so does one made while the error page is drawn.
    answer = patient.get("/broken/")
    assert answer.status_code == 500
    assert "Something went wrong in Usher" in answer.text
    assert "on purpose" not in answer.text


def test_the_page_of_a_defect_takes_nothing_from_the_request() -> None:
    assert errors.server_error(None).status_code == 500  # type: ignore[arg-type]


def test_errors_have_the_strict_policy_too(client: Client) -> None:
    assert "default-src 'self'" in client.get("/nowhere/")["Content-Security-Policy"]


@pytest.mark.django_db
def test_health_is_ok_while_the_database_answers(client: Client) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok\n")


@pytest.mark.django_db(transaction=True)
def test_health_is_503_when_the_database_does_not_answer(client: Client) -> None:
    port = connection.settings_dict["PORT"], connection.settings_dict["HOST"]
    connection.close()
    connection.settings_dict["PORT"], connection.settings_dict["HOST"] = "1", "127.0.0.1"
    try:
        assert client.get("/healthz").status_code == 503
    finally:
        connection.close()
        connection.settings_dict["PORT"], connection.settings_dict["HOST"] = port
