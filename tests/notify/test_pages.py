"""The pages of notices: destinations, what was sent, own choices, the minimum, and texts."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from tests.support.notify.mail_server import MailServer
from tests.support.notify.receivers import SlackWorkspace, WebhookReceiver
from tests.support.notify.telling import a_webhook, make_due, send, tell_of
from tests.support.queries import assert_costs_the_same
from tests.support.roster.people import a_connection, a_workspace
from usher.access.models import User
from usher.access.roles import UserRole
from usher.ledger.models import Entry
from usher.notify.kinds import FOR_USERS, KINDS
from usher.notify.models import Delivery, Destination, Notice, NoticeChoice
from usher.notify.telling import NoticeLink, tell, tell_address

State = Delivery.State

pytestmark = pytest.mark.django_db(transaction=True)


def page(browser: Client, path: str, status: int = 200) -> str:
    response = browser.get(path)
    assert response.status_code == status, response.status_code
    return response.content.decode()


def post(browser: Client, path: str, **fields: Any) -> str:
    response = browser.post(path, fields, follow=True)
    assert response.status_code == 200, response.status_code
    return response.content.decode()


def last_entry() -> Entry:
    entry = Entry.objects.order_by("-number").first()
    assert entry
    return entry


def test_an_admin_adds_a_webhook_whose_secret_is_shown_once(
    browser: Client, webhooks: WebhookReceiver
) -> None:
    shown = post(
        browser,
        "/notices/destinations/add/webhook/",
        name="SIEM",
        target=webhooks.url,
        kinds=["ledger_broken"],
    )
    hook = Destination.objects.get()
    assert hook.secret.startswith("whsec_")
    assert hook.secret in shown
    assert hook.secret not in page(browser, f"/notices/destinations/{hook.pk}/")
    entry = last_entry()
    assert entry.action == "settings.notice_destination_added"
    assert hook.secret not in str(entry.after)
    webhooks.secrets = [hook.secret]
    assert "the message was taken" in post(browser, f"/notices/destinations/{hook.pk}/test/")
    assert webhooks.taken[0][1]["type"] == "usher.test"
    assert not Delivery.objects.exists()


def test_the_test_button_says_what_went_wrong_and_what_to_do(
    browser: Client, webhooks: WebhookReceiver
) -> None:
    hook = a_webhook(webhooks.url)
    webhooks.answers = [(503, {})]
    shown = post(browser, f"/notices/destinations/{hook.pk}/test/")
    assert "127.0.0.1 answered 503." in shown
    assert "See that the receiver is up" in shown


def test_a_new_secret_is_shown_once_and_the_old_one_still_signs(
    browser: Client, webhooks: WebhookReceiver
) -> None:
    hook = a_webhook(webhooks.url)
    webhooks.secrets = [hook.secret]
    shown = post(browser, f"/notices/destinations/{hook.pk}/rotate/")
    changed = Destination.objects.get()
    assert changed.secret in shown
    assert changed.secret != hook.secret
    tell_of("ledger_broken", "1")
    assert send() == 1
    assert last_entry().action == "settings.notice_secret_rotated"


@pytest.mark.parametrize(
    ("channel", "fields", "words"),
    [
        ("webhook", {"target": "http://169.254.169.254/latest"}, "is not a public address"),
        ("webhook", {"target": "http://93.184.216.34/"}, "Without TLS"),
        ("webhook", {"target": "http://hooks.example.com/"}, "Without TLS"),
        ("webhook", {"target": "https://u:p@hooks.example.com/"}, "must not have a user"),
        ("webhook", {"target": "ftp://hooks.example.com/"}, "This is not an address"),
        ("mail", {"target": "it@example.com, nobody"}, "is not an e-mail address"),
        ("slack", {"target": "C1", "secret": "xoxp-1"}, "This is no bot token"),
        ("apprise", {"secret": "json://127.0.0.1/"}, "are not used here"),
        ("apprise", {"secret": "nonsense"}, "Apprise does not understand"),
        ("apprise", {}, "This field is required"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_reason(
    browser: Client, channel: str, fields: dict[str, str], words: str
) -> None:
    response = browser.post(f"/notices/destinations/add/{channel}/", {"name": "X", **fields})
    assert response.status_code == 422
    assert words in response.content.decode()
    assert not Destination.objects.exists()


def test_secrets_are_never_shown_again_and_stay_when_left_empty(
    browser: Client, slack: SlackWorkspace
) -> None:
    post(
        browser,
        "/notices/destinations/add/slack/",
        name="Slack",
        target="C1",
        secret="xoxb-right",
        signing_secret="s1gn",
    )
    stored = Destination.objects.get()
    address = f"/notices/destinations/{stored.pk}/"
    assert "xoxb-right" not in page(browser, address) + page(browser, "/notices/")
    post(browser, address, name="Our Slack", target="C1", kinds=["digest"], is_on="on")
    changed = Destination.objects.get()
    assert (changed.name, changed.secret, changed.signing_secret) == ("Our Slack", "xoxb-right", "s1gn")
    assert "the message was taken" in post(browser, f"{address}test/")
    assert slack.posted
    assert "xoxb" not in str(list(Entry.objects.values_list("before", "after")))


def test_what_waits_for_a_destination_that_is_switched_off_is_not_sent(
    browser: Client, webhooks: WebhookReceiver
) -> None:
    hook = a_webhook(webhooks.url)
    webhooks.answers = [(500, {})]
    tell_of("ledger_broken", "1")
    send()
    post(browser, f"/notices/destinations/{hook.pk}/", name="SIEM", target=webhooks.url)
    assert Delivery.objects.get().state == State.DISCARDED
    make_due()
    assert send() == 0


def test_a_destination_is_deleted(browser: Client) -> None:
    hook = a_webhook("https://hooks.example.com/")
    post(browser, f"/notices/destinations/{hook.pk}/delete/")
    assert not Destination.objects.exists()
    assert last_entry().action == "settings.notice_destination_deleted"


def test_failures_end_in_a_list_where_they_are_tried_again(
    browser: Client, user: User, mails: MailServer
) -> None:
    mails.unknown.add(user.email)
    tell_of("ledger_broken", "1")
    tell_of("rule_stopped", "1")
    send()
    assert "2 notices were" in " ".join(page(browser, "/notices/").split())
    assert "No such mailbox" in page(browser, "/notices/sent/?state=bounced")
    mails.unknown.clear()
    one = Delivery.objects.order_by("pk")[0]
    assert "sent again" in post(browser, f"/notices/sent/{one.pk}/again/")
    assert send() == 1
    post(browser, "/notices/sent/failed/", do="discard")
    assert sorted(Delivery.objects.values_list("state", flat=True)) == ["discarded", "sent"]
    actions = list(Entry.objects.order_by("number").values_list("action", flat=True))
    assert actions == ["notices.sent_again", "notices.discarded"]


def test_the_dashboard_counts_what_was_not_delivered(browser: Client) -> None:
    a_workspace(a_connection(), last_walked_at=timezone.now())
    assert "Notices that were not delivered" not in page(browser, "/")
    notice = Notice.objects.create(kind="digest", key="1", facts=dict(KINDS["digest"].example))
    Delivery.objects.create(notice=notice, address="x@example.com", state=State.FAILED)
    assert "Notices that were not delivered" in page(browser, "/")


def test_what_a_webhook_took_can_be_sent_again_and_mail_cannot(
    browser: Client, user: User, mails: MailServer, webhooks: WebhookReceiver
) -> None:
    webhooks.secrets = [a_webhook(webhooks.url).secret]
    tell_of("ledger_broken", "1")
    send()
    for each in Delivery.objects.all():
        post(browser, f"/notices/sent/{each.pk}/again/")
    assert send() == 1
    assert (len(mails.taken), len(webhooks.taken)) == (1, 2)
    assert webhooks.taken[0][0] == webhooks.taken[1][0]


def test_no_page_shows_links_that_only_the_receiver_may_have(browser: Client) -> None:
    links = [NoticeLink("I need it", "https://u/s3cret")]
    tell_address("ask_person", "1", "zoe@example.com", KINDS["ask_person"].example, links=links)
    one = Delivery.objects.get()
    for path in (
        f"/notices/sent/{one.pk}/",
        "/notices/sent/",
        "/notices/texts/ask_person/",
        "/notices/texts/ask_person/mail/",
    ):
        assert "s3cret" not in page(browser, path)
    assert "s3cret" not in b"".join(browser.get("/notices/sent/export.csv").streaming_content).decode()


def test_users_choose_what_they_are_told(browser: Client, user: User, mails: MailServer) -> None:
    assert 'name="mail-ledger_broken"' in page(browser, "/notices/mine/")
    chosen = {
        f"mail-{kind.name}": "on" for kind in FOR_USERS if kind.name not in ("ledger_broken", "case_done")
    }
    post(browser, "/notices/mine/", **chosen)
    tell_of("ledger_broken", "1")
    tell_of("rule_stopped", "1")
    send()
    assert [message["Subject"] for _, message in mails.taken] == ["The rule “Idle for 90 days” stopped"]
    entry = last_entry()
    assert entry.action == "access.notices_chosen"
    assert entry.after == {"ledger_broken": "not told"}


def test_a_minimum_cannot_be_switched_off(browser: Client, user: User, mails: MailServer) -> None:
    chosen = {f"minimum-{kind.name}": "nobody" for kind in FOR_USERS} | {"minimum-ledger_broken": "admin"}
    post(browser, "/notices/minimum/", **chosen)
    assert last_entry().after == {"ledger_broken": "admin"}
    post(browser, "/notices/mine/")  # nothing is ticked
    assert "An admin decided" in page(browser, "/notices/mine/")
    tell_of("ledger_broken", "1")
    tell_of("rule_stopped", "1")
    send()
    assert len(mails.taken) == 1


def test_users_who_are_limited_are_told_about_their_connections_alone(
    client: Client, mails: MailServer
) -> None:
    mine, other = a_connection("Mine"), a_connection("Other")
    limited = User.objects.create_user(
        "li@example.com", "li@example.com", "correct horse battery 9", role=UserRole.ADMIN, scope=[mine.pk]
    )
    for connection in (mine, other, None):
        key = connection.name if connection else "all"
        tell("sync_failing", key, {**KINDS["sync_failing"].example, "account": key}, connection=connection)
    send()
    assert [message["Subject"] for _, message in mails.taken] == ["No sync of Mine for a day"]
    client.force_login(limited)
    assert client.get("/notices/").status_code == 403
    assert client.get("/notices/sent/").status_code == 403
    client.post("/notices/mine/", {"mail-digest": "on"})
    assert NoticeChoice.objects.filter(user=limited, kind="sync_failing", by_mail=False).exists()
    texts = page(client, "/notices/texts/sync_failing/")
    assert "No sync of Mine for a day" in texts
    assert "Other" not in texts


def test_viewers_choose_for_themselves_and_change_no_settings(client: Client) -> None:
    viewer = User.objects.create_user("vi@example.com", "vi@example.com", "correct horse battery 9")
    client.force_login(viewer)
    page(client, "/notices/mine/")
    page(client, "/notices/texts/")
    for path in ("/notices/", "/notices/sent/", "/notices/destinations/add/slack/"):
        assert client.get(path).status_code == 403
    assert client.post("/notices/minimum/", {"minimum-digest": "viewer"}).status_code == 403


@pytest.mark.parametrize("kind", KINDS)
def test_every_text_is_shown_with_its_example(browser: Client, kind: str) -> None:
    shown = page(browser, f"/notices/texts/{kind}/")
    assert "An example" in shown
    assert "{" not in shown.split('class="mail-text')[1].split("</pre>")[0]
    response = browser.get(f"/notices/texts/{kind}/mail/")
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    assert "style-src 'unsafe-inline'" in response["Content-Security-Policy"]
    assert "default-src 'none'" in response["Content-Security-Policy"]


def test_a_text_is_shown_with_what_was_told_last(browser: Client) -> None:
    tell("ledger_broken", "1", {"problem": "Entry 77 is gone."})
    shown = page(browser, "/notices/texts/ledger_broken/")
    assert "Entry 77 is gone." in shown
    assert "What was told last" in shown


def test_a_list_costs_the_same_for_two_rows_and_for_twenty(browser: Client) -> None:
    notice = Notice.objects.create(kind="digest", key="1", facts=dict(KINDS["digest"].example))
    hook = a_webhook("https://hooks.example.com/")

    def rows(count: int) -> None:
        for number in range(count):
            Delivery.objects.create(
                notice=notice, address=f"{Delivery.objects.count()}-{number}@x", destination=hook
            )

    assert_costs_the_same(browser, "/notices/sent/", rows)


def test_without_a_mail_server_the_pages_say_so(browser: Client, settings: Settings) -> None:
    settings.EMAIL_HOST = ""
    assert "USHER_SMTP_HOST" in page(browser, "/notices/")
    assert "No mail server is configured" in page(browser, "/notices/mine/")
