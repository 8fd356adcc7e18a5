from collections.abc import Iterator
from ipaddress import ip_network

import pytest
from pytest_django import Settings

from tests.support.notify.mail_server import MailServer, mail_server, use_mail_server
from tests.support.notify.receivers import SlackWorkspace, WebhookReceiver, receivers


@pytest.fixture
def mails(settings: Settings) -> Iterator[MailServer]:
    """A real mail server that Usher sends through."""
    with mail_server() as server:
        use_mail_server(settings, server)
        yield server


@pytest.fixture
def over_http(settings: Settings) -> Iterator[tuple[WebhookReceiver, SlackWorkspace]]:
    with receivers() as (webhooks, slack):
        settings.USHER_SLACK_URL = slack.url
        settings.USHER_WEBHOOK_NETWORKS = [ip_network("127.0.0.1/32")]
        yield webhooks, slack


@pytest.fixture
def webhooks(over_http: tuple[WebhookReceiver, SlackWorkspace]) -> WebhookReceiver:
    """A receiver that verifies with the package of Standard Webhooks. This machine may be sent to."""
    return over_http[0]


@pytest.fixture
def slack(over_http: tuple[WebhookReceiver, SlackWorkspace]) -> SlackWorkspace:
    """Slack's API on this machine."""
    return over_http[1]
