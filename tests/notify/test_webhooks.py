"""Webhooks, verified by the package of Standard Webhooks on the other side."""

import socket
from datetime import timedelta
from ipaddress import ip_address, ip_network

import httpx
import pytest
from django.utils import timezone
from pytest_django import Settings

from tests.support.notify.mail_server import MailServer
from tests.support.notify.receivers import WebhookReceiver
from tests.support.notify.telling import a_webhook, make_due, send, tell_of
from usher.access.models import User
from usher.notify.models import Delivery, Destination
from usher.notify.sending import outbox
from usher.notify.sending.public_addresses import is_allowed
from usher.notify.sending.webhook import new_secret

State = Delivery.State

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_receiver_gets_what_happened_signed(webhooks: WebhookReceiver) -> None:
    webhooks.secrets = [a_webhook(webhooks.url).secret]
    tell_of("ledger_broken", "1204", path="/ledger/")
    assert send() == 1
    message_id, content = webhooks.taken[0]
    assert message_id == f"msg_{Delivery.objects.get().idempotency.hex}"
    assert content["type"] == "usher.ledger_broken"
    assert content["data"]["facts"] == {"problem": "Entry 1204 was changed after it was written."}
    assert content["data"]["url"].endswith("/ledger/")
    assert webhooks.hosts == [webhooks.url.split("/")[2]]


def test_only_chosen_kinds_are_sent_each_by_itself(webhooks: WebhookReceiver) -> None:
    webhooks.secrets = [a_webhook(webhooks.url, "case_waits").secret]
    tell_of("ledger_broken", "1204")
    for number in range(6):  # people would get one message about them
        tell_of("case_waits", f"case {number}")
    assert send() == 6
    assert {content["type"] for _, content in webhooks.taken} == {"usher.case_waits"}


def test_both_secrets_sign_while_one_replaces_the_other(webhooks: WebhookReceiver) -> None:
    hook = a_webhook(webhooks.url)
    webhooks.secrets = [hook.secret]  # the receiver still has the old one
    hook.old_secret, hook.secret = hook.secret, new_secret()
    hook.old_secret_until = timezone.now() + timedelta(minutes=1)
    hook.save()
    tell_of("ledger_broken", "1")
    assert send() == 1
    Destination.objects.update(old_secret_until=timezone.now())
    tell_of("ledger_broken", "2")
    assert send() == 0
    assert webhooks.forged == 1


def test_a_receiver_that_fails_is_tried_for_three_days_with_growing_pauses(webhooks: WebhookReceiver) -> None:
    a_webhook(webhooks.url)
    webhooks.answers = [(500, {})] * 20
    tell_of("ledger_broken", "1")
    pauses = []
    for _ in range(20):
        before = timezone.now()
        send()
        pauses.append(Delivery.objects.get().next_attempt_at - before)
        make_due()
    failed = Delivery.objects.get()
    assert (failed.state, failed.attempts) == (State.FAILED, 10)
    assert "127.0.0.1 answered 500" in failed.problem
    waited = pauses[:9]
    assert waited == sorted(waited)
    assert timedelta(days=3) < sum(waited, timedelta()) < timedelta(days=3.5)


def test_each_attempt_has_the_same_id(webhooks: WebhookReceiver) -> None:
    webhooks.secrets = [a_webhook(webhooks.url).secret]
    tell_of("ledger_broken", "1")
    send()
    Delivery.objects.update(state=State.SENDING, begun_at=timezone.now() - timedelta(hours=1))
    send()
    first, second = webhooks.taken
    assert first[0] == second[0]


def test_retry_after_holds_everything_that_goes_there(webhooks: WebhookReceiver) -> None:
    webhooks.secrets = [a_webhook(webhooks.url).secret]
    webhooks.answers = [(429, {"Retry-After": "120"})]
    tell_of("ledger_broken", "1")
    tell_of("ledger_broken", "2")
    assert send() == 0
    assert len(webhooks.hosts) == 1
    make_due()
    assert send() == 0
    held_until = Destination.objects.get().held_until
    assert held_until and timedelta(seconds=100) < held_until - timezone.now() < timedelta(seconds=121)
    Destination.objects.update(held_until=timezone.now())
    assert send() == 2


def test_a_receiver_that_is_gone_is_switched_off_and_what_waited_is_in_the_list(
    webhooks: WebhookReceiver,
) -> None:
    a_webhook(webhooks.url)
    webhooks.answers = [(410, {})]
    tell_of("ledger_broken", "1")
    tell_of("ledger_broken", "2")
    send()
    hook = Destination.objects.get()
    assert not hook.is_on
    assert "410" in hook.off_because
    assert Delivery.objects.filter(state=State.FAILED).count() == 2


def test_a_destination_that_is_down_holds_up_no_other_and_is_left_alone_for_a_while(
    webhooks: WebhookReceiver, mails: MailServer, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "AT_A_TIME", 5)
    down = a_webhook("http://127.0.0.1:9/")
    for number in range(8):
        tell_of("ledger_broken", str(number))
    assert send() == 5
    assert (
        sorted(Delivery.objects.filter(destination=down).values_list("attempts", flat=True))
        == [0] * 5 + [1] * 3
    )
    assert send() == 3
    assert len(mails.mailbox(user.email)) == 8


@pytest.mark.parametrize("host", ["[::1]", "bücher.example"])
def test_hosts_of_every_form_are_reached(
    host: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over IPv6, or by a name that is no ASCII: which goes as Punycode into the header."""
    settings.USHER_WEBHOOK_NETWORKS = [ip_network("::1/128")]
    sent = []

    async def send_it(client: httpx.AsyncClient, request: httpx.Request, **_: object) -> httpx.Response:
        sent.append(request)
        return httpx.Response(204, request=request)

    real = socket.getaddrinfo
    monkeypatch.setattr(httpx.AsyncClient, "send", send_it)
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda name, *args, **named: real("::1" if "xn--" in name else name, *args, **named),
    )
    a_webhook(f"http://{host}:9000/x")
    tell_of("ledger_broken", "1")
    assert send() == 1
    assert str(sent[0].url) == "http://[::1]:9000/x"
    assert sent[0].headers["Host"] in ("[::1]:9000", "xn--bcher-kva.example:9000")


def test_without_tls_nothing_goes_to_the_internet(
    webhooks: WebhookReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: address)
    a_webhook("http://hooks.example.com/")
    tell_of("ledger_broken", "1")
    send()
    assert "Without TLS" in Delivery.objects.get().problem


def test_a_redirect_is_not_followed(webhooks: WebhookReceiver) -> None:
    webhooks.secrets = [a_webhook(webhooks.url).secret]
    webhooks.answers = [(302, {"Location": webhooks.url})]
    tell_of("ledger_broken", "1")
    assert send() == 0
    assert not webhooks.taken
    assert "redirect" in Delivery.objects.get().problem


def test_this_machine_is_not_sent_to_unless_the_operator_allows_it(
    webhooks: WebhookReceiver, settings: Settings
) -> None:
    settings.USHER_WEBHOOK_NETWORKS = []
    a_webhook(webhooks.url)
    tell_of("ledger_broken", "1")
    send()
    assert not webhooks.hosts
    failed = Delivery.objects.get()
    assert failed.state == State.FAILED
    assert "not public" in failed.problem
    assert "USHER_WEBHOOK_NETWORKS" in failed.remedy


def test_a_name_that_leads_to_a_private_address_now_is_not_sent_to(
    webhooks: WebhookReceiver, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the address that was looked at is the one that is connected to: the name is resolved once."""
    looked_up = []
    real = socket.getaddrinfo

    def resolve(host: str, port: int, *args: object, **options: object) -> object:
        if host != "hooks.example.com":
            return real(host, port, *args, **options)  # type: ignore[call-overload]
        looked_up.append(host)
        address = "127.0.0.1" if len(looked_up) == 1 else "169.254.169.254"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    webhooks.secrets = [a_webhook(webhooks.url.replace("127.0.0.1", "hooks.example.com")).secret]
    tell_of("ledger_broken", "1")
    assert send() == 1
    assert len(looked_up) == 1
    assert webhooks.hosts[0].startswith("hooks.example.com:")
    tell_of("ledger_broken", "2")
    assert send() == 0
    assert "169.254.169.254" in Delivery.objects.get(state=State.FAILED).problem


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "ff02::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2001:db8::1",
    ],
)  # fmt: skip
def test_addresses_that_are_not_public(address: str, settings: Settings) -> None:
    settings.USHER_WEBHOOK_NETWORKS = []
    assert not is_allowed(ip_address(address))


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "64:ff9b::5db8:d822"])
def test_addresses_that_are_public(address: str, settings: Settings) -> None:
    settings.USHER_WEBHOOK_NETWORKS = []
    assert is_allowed(ip_address(address))
