"""Other chats, as Apprise speaks to them: here a real Gotify address on this machine."""

import pytest
from pytest_django import Settings

from tests.support.notify.receivers import WebhookReceiver
from tests.support.notify.telling import make_due, send, tell_of
from usher.notify.models import Delivery, Destination
from usher.notify.sending.chats import NoChat, chat_of

State = Delivery.State

pytestmark = pytest.mark.django_db(transaction=True)


def a_chat(webhooks: WebhookReceiver) -> None:
    host = webhooks.url.split("/")[2]
    Destination.objects.create(
        name="Gotify", channel="apprise", secret=f"gotify://{host}/s3crettoken", kinds=["ledger_broken"]
    )


def test_a_chat_takes_a_message(webhooks: WebhookReceiver) -> None:
    a_chat(webhooks)
    webhooks.answers = [(200, {})]
    tell_of("ledger_broken", "1")
    assert send() == 1
    assert len(webhooks.hosts) == 1


def test_a_chat_that_refuses_is_tried_again_and_the_problem_names_no_secret(
    webhooks: WebhookReceiver,
) -> None:
    a_chat(webhooks)
    webhooks.answers = [(503, {}), (200, {})]
    tell_of("ledger_broken", "1")
    assert send() == 0
    waiting = Delivery.objects.get()
    assert waiting.state == State.WAITING
    assert "HTTP 503" in waiting.problem
    assert "s3cret" not in waiting.problem + waiting.remedy
    make_due()
    assert send() == 1


def test_a_chat_on_this_machine_is_not_sent_to_unless_allowed(
    webhooks: WebhookReceiver, settings: Settings
) -> None:
    settings.USHER_WEBHOOK_NETWORKS = []
    a_chat(webhooks)
    tell_of("ledger_broken", "1")
    send()
    assert not webhooks.hosts
    assert Delivery.objects.get().state == State.FAILED


@pytest.mark.parametrize(
    "url",
    [
        "workflows://prod-1.westeurope.logic.azure.com:443/643e69f83c8944/RJ0lS0eAbC/",
        "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV",
        "gchat://workspace/key/token",
    ],
)
def test_addresses_of_chats_are_understood(url: str) -> None:
    assert chat_of(url).service_name


@pytest.mark.parametrize(
    "url", ["json://x", "jsons://x", "form://x", "syslog://", "dbus://", "mailto://a:b@x.com", "", "x"]
)
def test_what_is_no_chat_is_refused(url: str) -> None:
    with pytest.raises(NoChat):
        chat_of(url)
