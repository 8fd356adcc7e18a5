"""Slack, as slack-sdk speaks to it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.support.notify.mail_server import MailServer
from tests.support.notify.receivers import SlackWorkspace
from tests.support.notify.telling import a_slack, make_due, send, tell_of
from usher.access.models import User
from usher.notify.kinds import KINDS
from usher.notify.models import Delivery, Destination, NoticeChoice
from usher.notify.telling import NoticeButton, delivery_state, tell_address

State = Delivery.State

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_channel_gets_the_message_with_a_button(slack: SlackWorkspace) -> None:
    a_slack()
    tell_of("ledger_broken", "1204", path="/ledger/")
    assert send() == 1
    posted = slack.posted[0]
    assert posted["channel"] == "#asana"
    assert posted["blocks"][0]["text"]["text"] == "The ledger does not verify"
    assert posted["blocks"][-1]["elements"][0]["url"].endswith("/ledger/")


def test_a_user_who_chose_it_gets_a_direct_message_found_by_the_address(
    user: User, slack: SlackWorkspace, mails: MailServer
) -> None:
    slack.people[user.email] = "U1"
    a_slack("")
    NoticeChoice.objects.create(user=user, kind="ledger_broken", by_mail=False, by_slack=True)
    tell_of("ledger_broken", "1204")
    assert send() == 1
    assert [each["channel"] for each in slack.posted] == ["DU1"]
    assert not mails.taken


def test_without_slack_somebody_who_chose_it_gets_mail(user: User, mails: MailServer) -> None:
    NoticeChoice.objects.create(user=user, kind="ledger_broken", by_mail=False, by_slack=True)
    tell_of("ledger_broken", "1204")
    send()
    assert len(mails.taken) == 1


def test_whoever_is_not_in_slack_stands_in_the_list_with_what_to_do(
    user: User, slack: SlackWorkspace
) -> None:
    a_slack("")
    NoticeChoice.objects.create(user=user, kind="ledger_broken", by_mail=False, by_slack=True)
    tell_of("ledger_broken", "1204")
    send()
    failed = Delivery.objects.get()
    assert failed.state == State.FAILED
    assert "Nobody in Slack has this e-mail address" in failed.problem
    assert failed.remedy


def test_what_people_called_themselves_calls_nobody(slack: SlackWorkspace) -> None:
    a_slack("#asana", "removals_stopped")
    from usher.notify.telling import tell

    tell("removals_stopped", "1", {"who": "<!channel> & co", "reason": "<https://evil|click>"})
    send()
    texts = [block["text"]["text"] for block in slack.posted[0]["blocks"] if block["type"] == "section"]
    assert texts[0].startswith("&lt;!channel&gt; &amp; co")
    assert not [text for text in texts if "<" in text]


def test_slack_is_not_asked_again_before_it_wants_to_be(slack: SlackWorkspace) -> None:
    a_slack()
    slack.busy_for = "90"
    tell_of("ledger_broken", "1")
    tell_of("ledger_broken", "2")
    assert send() == 0
    make_due()
    assert send() == 0
    held = Destination.objects.get().held_until
    assert held and timedelta(seconds=70) < held - timezone.now() < timedelta(seconds=91)
    Destination.objects.update(held_until=timezone.now())
    assert send() == 2


def test_a_wrong_token_is_not_tried_again(slack: SlackWorkspace) -> None:
    slack.token = "another"
    a_slack()
    tell_of("ledger_broken", "1")
    send()
    failed = Delivery.objects.get()
    assert failed.state == State.FAILED
    assert "invalid_auth" in failed.problem


def test_a_channel_without_the_bot_says_how_to_invite_it(slack: SlackWorkspace) -> None:
    a_slack("#elsewhere")
    tell_of("ledger_broken", "1")
    send()
    assert "/invite" in Delivery.objects.get().remedy


def test_somebody_without_an_account_is_asked_in_slack_with_buttons(
    slack: SlackWorkspace, mails: MailServer
) -> None:
    slack.people["zoe@example.com"] = "U7"
    a_slack("")
    buttons = [
        NoticeButton("I need it", "ask-keep", "s3cret"),
        NoticeButton("Release my seat", "ask-release", "s3cret"),
    ]
    for address in ("zoe@example.com", "nobody@example.com"):
        tell_address(
            "ask_person", address, address, KINDS["ask_person"].example, buttons=buttons, by_slack=True
        )
    assert send() == 1
    elements = slack.posted[0]["blocks"][-1]["elements"]
    assert slack.posted[0]["channel"] == "DU7"
    assert [(each["action_id"], each["value"]) for each in elements] == [
        ("ask-keep", "s3cret"),
        ("ask-release", "s3cret"),
    ]
    assert delivery_state("ask_person", "zoe@example.com") == State.SENT
    assert delivery_state("ask_person", "nobody@example.com") == State.FAILED


def test_where_slack_is_not_set_up_the_question_goes_by_mail(mails: MailServer) -> None:
    tell_address("ask_person", "1", "zoe@example.com", KINDS["ask_person"].example, by_slack=True)
    send()
    assert len(mails.mailbox("zoe@example.com")) == 1


def cut_off() -> None:
    """As if the process had died after Slack took the message."""
    Delivery.objects.update(state=State.SENDING, begun_at=timezone.now() - timedelta(hours=1))


def test_after_a_cut_off_attempt_a_message_that_is_there_is_not_posted_again(slack: SlackWorkspace) -> None:
    a_slack("C1")
    tell_of("ledger_broken", "1")
    send()
    cut_off()
    assert send() == 1
    assert len(slack.posted) == 1
    assert Delivery.objects.get().state == State.SENT


def test_after_a_cut_off_attempt_a_message_that_is_not_there_is_posted(slack: SlackWorkspace) -> None:
    a_slack("C1")
    tell_of("ledger_broken", "1")
    send()
    slack.posted.clear()
    cut_off()
    assert send() == 1
    assert len(slack.posted) == 1


def test_without_the_permission_to_look_it_is_posted_again_rather_than_lost(slack: SlackWorkspace) -> None:
    slack.may_read_history = False
    a_slack("C1")
    tell_of("ledger_broken", "1")
    send()
    cut_off()
    send()
    assert len(slack.posted) == 2
