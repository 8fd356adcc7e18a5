"""Nobody's name makes a page or a mail read differently from what it says."""

from django.core import mail
from django.test import Client
from pytest_django import Settings

from tests.support.roster.people import a_connection, a_member, a_workspace
from usher.web.mail import send_mail

DISGUISED = "Ada \u202eecivres\u2066"


def test_what_turns_the_writing_round_is_shown_as_a_code_on_every_page(db: None, browser: Client) -> None:
    a_member(a_workspace(a_connection(), "Acme"), DISGUISED, "ada@example.com")
    for address in ("/people/", "/people/?q=\u202e", "/no/\u202e/"):
        answer = browser.get(address)
        assert not {"\u202e", "\u2066"} & set(answer.text), address
        assert int(answer.headers["Content-Length"]) == len(answer.content)
    assert "Ada \\u202eecivres\\u2066" in browser.get("/people/").text


def test_right_to_left_names_keep_their_marks(db: None, browser: Client) -> None:
    a_member(a_workspace(a_connection(), "Acme"), "\u05e2\u05d3\u05d4 (\u200fIT\u200e)", "ada@example.com")
    assert "\u05e2\u05d3\u05d4 (\u200fIT\u200e)" in browser.get("/people/").text


def test_mails_too(settings: Settings) -> None:
    settings.EMAIL_HOST = "mail.example"
    assert send_mail(f"About {DISGUISED}", f"It is {DISGUISED}.", ["bo@example.com"]) == ""
    (sent,) = mail.outbox
    assert (sent.subject, sent.body) == (
        "About Ada \\u202eecivres\\u2066",
        "It is Ada \\u202eecivres\\u2066.",
    )
