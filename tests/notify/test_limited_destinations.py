"""A destination that is limited to some connections is never told about another, nor about what concerns all."""

import re

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from tests.notify.test_pages import last_entry, page, post
from tests.support.notify.mail_server import MailServer
from tests.support.notify.receivers import SlackWorkspace, WebhookReceiver
from tests.support.notify.telling import a_slack, a_webhook, make_due, send, tell_of
from tests.support.removal.leaving import ADMIN
from tests.support.roster.people import a_connection
from usher.access.models import User
from usher.access.roles import UserRole
from usher.connections.models import Connection
from usher.ledger.models import Entry
from usher.notify.destinations.change import change_destination
from usher.notify.kinds import KINDS
from usher.notify.models import Delivery, Destination, Notice, NoticeChoice
from usher.notify.telling import slack_for_people, tell_address
from usher.policy.watches.digest import tell_weekly

pytestmark = pytest.mark.django_db(transaction=True)

State = Delivery.State


@pytest.fixture
def mine(db: None) -> Connection:
    return a_connection("Mine")


@pytest.fixture
def other(db: None) -> Connection:
    return a_connection("Other")


def limit(destination: Destination, *connections: Connection) -> Destination:
    destination.connections = [one.pk for one in connections]
    destination.save()
    return destination


def told(of: WebhookReceiver) -> list[int | None]:
    return [message["data"]["connection"] for _, message in of.taken]


def test_a_limited_webhook_is_told_of_its_connections_alone(
    mine: Connection, other: Connection, webhooks: WebhookReceiver
) -> None:
    hook = limit(a_webhook(webhooks.url, "sync_failing", "ledger_broken"), mine)
    webhooks.secrets = [hook.secret]
    for connection in (mine, other, None):
        tell_of("sync_failing", f"of {connection}", connection=connection)
    tell_of("ledger_broken", "1")
    send()
    assert told(webhooks) == [mine.pk]
    assert list(Delivery.objects.values_list("notice__connection", flat=True)) == [mine.pk]


def test_one_that_is_not_limited_is_told_of_everything(
    mine: Connection, other: Connection, webhooks: WebhookReceiver
) -> None:
    webhooks.secrets = [a_webhook(webhooks.url, "sync_failing").secret]
    for connection in (mine, other, None):
        tell_of("sync_failing", f"of {connection}", connection=connection)
    send()
    assert sorted(told(webhooks), key=str) == sorted([mine.pk, other.pk, None], key=str)


def test_several_notices_that_are_told_together_do_not_mix_connections(
    mine: Connection, other: Connection, slack: SlackWorkspace
) -> None:
    limit(a_slack("C1", "case_failed"), mine)
    for connection in (mine, other):
        for number in range(5):
            facts = {**KINDS["case_failed"].example, "person": f"{connection.name} {number}"}
            Notice.objects.create(
                kind="case_failed", key=f"{connection} {number}", facts=facts, connection=connection
            )
    send()
    assert len(slack.posted) == 1
    assert "Mine 4" in str(slack.posted[0])
    assert "Other" not in str(slack.posted[0])


@given(
    st.one_of(st.none(), st.sets(st.integers(1, 4))),
    st.one_of(st.none(), st.integers(1, 4)),
)
def test_nothing_of_another_connection_or_of_none_passes_a_limit(
    limit: set[int] | None, connection: int | None
) -> None:
    destination = Destination(connections=None if limit is None else sorted(limit))
    assert destination.takes(connection) == (limit is None or connection in limit)


def test_what_waits_is_not_sent_once_the_destination_is_limited_to_others(
    mine: Connection, other: Connection, webhooks: WebhookReceiver, browser: Client
) -> None:
    hook = a_webhook(webhooks.url, "sync_failing", "ledger_broken")
    webhooks.secrets, webhooks.answers = [hook.secret], [(500, {})] * 3
    tell_of("sync_failing", "of mine", connection=mine)
    tell_of("sync_failing", "of other", connection=other)
    tell_of("ledger_broken", "1")
    send()
    fields = {"name": "SIEM", "target": webhooks.url, "kinds": ["sync_failing"], "is_on": "on"}
    post(browser, f"/notices/destinations/{hook.pk}/", **fields, sees="some", only=[mine.pk])
    states = dict(Delivery.objects.values_list("notice__connection", "state"))
    assert states == {mine.pk: State.WAITING, other.pk: State.DISCARDED, None: State.DISCARDED}
    make_due()
    webhooks.taken.clear()
    assert send() == 1
    assert told(webhooks) == [mine.pk]


def test_what_was_spread_in_the_very_moment_of_the_change_is_refused(
    mine: Connection, other: Connection, webhooks: WebhookReceiver
) -> None:
    hook = a_webhook(webhooks.url, "sync_failing")
    tell_of("sync_failing", "of other", connection=other)
    notice = Notice.objects.get()
    limit(hook, mine)
    Delivery.objects.create(notice=notice, destination=hook)
    Notice.objects.update(spread_at=timezone.now())
    assert send() == 0
    assert not webhooks.taken
    assert Delivery.objects.get().state == State.FAILED


def test_the_form_the_list_and_the_ledger_name_the_connections(
    mine: Connection, other: Connection, browser: Client, webhooks: WebhookReceiver
) -> None:
    fields = {"name": "Customer", "target": webhooks.url, "kinds": ["sync_failing"]}
    post(browser, "/notices/destinations/add/webhook/", **fields, sees="some", only=[mine.pk])
    stored = Destination.objects.get()
    assert stored.connections == [mine.pk]
    assert last_entry().after["connections"] == "Mine"  # type: ignore[index,call-overload]
    assert "Only about Mine" in page(browser, "/notices/")
    address = f"/notices/destinations/{stored.pk}/"
    radios = re.findall(r'<input[^>]*name="(?:sees|only)"[^>]*>', page(browser, address))
    assert [re.search(r'value="(\w+)"', one)[1] for one in radios if " checked" in one] == [
        "some",
        str(mine.pk),
    ]  # type: ignore[index]
    post(browser, address, **fields, is_on="on", sees="some", only=[mine.pk, other.pk])
    entry = last_entry()
    assert (entry.before, entry.after) == ({"connections": "Mine"}, {"connections": "Mine, Other"})
    post(browser, address, **fields, is_on="on", sees="all")
    assert Destination.objects.get().connections is None
    assert "Only about" not in page(browser, "/notices/")


def test_a_limit_without_a_connection_is_refused_and_never_taken_for_all(
    mine: Connection, browser: Client, webhooks: WebhookReceiver
) -> None:
    hook = limit(a_webhook(webhooks.url, "sync_failing"), mine)
    address = f"/notices/destinations/{hook.pk}/"
    fields = {"name": "SIEM", "target": webhooks.url, "kinds": ["sync_failing"], "is_on": "on"}
    for given_fields in ({**fields, "sees": "some"}, fields):
        answer = browser.post(address, given_fields)
        assert answer.status_code == 422
        assert "Choose at least one connection" in answer.content.decode()
    assert Destination.objects.get().connections == [mine.pk]


def test_when_its_only_connection_is_deleted_nothing_is_sent_there(
    mine: Connection, other: Connection, webhooks: WebhookReceiver, browser: Client
) -> None:
    limit(a_webhook(webhooks.url, "sync_failing"), mine)
    mine.delete()
    tell_of("sync_failing", "of other", connection=other)
    tell_of("sync_failing", "of all")
    send()
    assert not webhooks.taken
    assert "Only about others" in page(browser, "/notices/")


def test_a_limited_destination_gets_the_weekly_summary_of_its_connection(
    mine: Connection, other: Connection, webhooks: WebhookReceiver
) -> None:
    hook = limit(a_webhook(webhooks.url, "digest"), mine)
    webhooks.secrets = [hook.secret]
    tell_weekly(timezone.now())
    tell_weekly(timezone.now())
    send()
    assert told(webhooks) == [mine.pk]
    assert "Other" not in str(webhooks.taken)


def test_one_that_is_not_limited_gets_one_summary_of_all(
    mine: Connection, other: Connection, webhooks: WebhookReceiver
) -> None:
    hook = a_webhook(webhooks.url, "digest")
    limited = limit(
        Destination.objects.create(
            name="Customer",
            channel="webhook",
            target="https://127.0.0.1:9/",
            secret=hook.secret,
            kinds=["digest"],
        ),
        mine,
    )
    webhooks.secrets = [hook.secret]
    tell_weekly(timezone.now())
    send()
    assert told(webhooks) == [None]
    assert [one.notice.connection for one in limited.deliveries.all()] == [mine]


def test_people_are_asked_in_the_slack_of_their_own_company(mine: Connection, other: Connection) -> None:
    ours = a_slack("C1")
    theirs = limit(
        Destination.objects.create(name="Theirs", channel="slack", target="C2", secret="xoxb-other"), mine
    )
    assert slack_for_people(mine.pk, is_outside=True) == theirs
    assert slack_for_people(other.pk, is_outside=True) == ours
    assert [slack_for_people(key) for key in (mine.pk, other.pk, None)] == [ours, ours, ours]
    ours.delete()
    assert slack_for_people(mine.pk) == theirs
    assert slack_for_people(other.pk, is_outside=True) is None
    assert slack_for_people(None) is None


def test_users_are_told_by_mail_where_no_slack_may_know(
    mine: Connection, other: Connection, mails: MailServer, slack: SlackWorkspace
) -> None:
    limit(a_slack("C1"), mine)
    user = User.objects.create_user("ad@example.com", "ad@example.com", role=UserRole.ADMIN)
    slack.people = {user.email: "U1"}
    NoticeChoice.objects.create(user=user, kind="sync_failing", by_mail=False, by_slack=True)
    for connection in (mine, other):
        facts = {**KINDS["sync_failing"].example, "account": connection.name}
        Notice.objects.create(kind="sync_failing", key=connection.name, facts=facts, connection=connection)
    send()
    assert "Mine" in str(slack.posted)
    assert "Other" not in str(slack.posted)
    assert [message["Subject"] for _, message in mails.taken] == ["No sync of Other for a day"]


def test_a_question_to_a_person_elsewhere_goes_by_mail(
    mine: Connection, other: Connection, mails: MailServer, slack: SlackWorkspace
) -> None:
    limit(a_slack("C1"), mine)
    tell_address(
        "ask_person", "1", "zoe@example.com", KINDS["ask_person"].example, connection=other, by_slack=True
    )
    send()
    assert not slack.posted
    assert len(mails.mailbox("zoe@example.com")) == 1


def test_whoever_is_limited_sees_and_changes_no_destination(
    mine: Connection, client: Client, webhooks: WebhookReceiver
) -> None:
    hook = limit(a_webhook(webhooks.url), mine)
    user = User.objects.create_user("li@example.com", "li@example.com", role=UserRole.ADMIN, scope=[mine.pk])
    client.force_login(user)
    for path in ("/notices/", f"/notices/destinations/{hook.pk}/"):
        assert client.get(path).status_code == 403


def test_a_change_of_the_limit_alone_is_a_change(mine: Connection, webhooks: WebhookReceiver) -> None:
    hook = a_webhook(webhooks.url)
    hook.connections = [mine.pk]
    assert change_destination(hook, ADMIN)
    assert not change_destination(hook, ADMIN)
    assert Entry.objects.filter(action="settings.notice_destination_changed").count() == 1
