from collections.abc import Iterator

import pytest
from pytest_django import Settings

from tests.support.notify.mail_server import MailServer, mail_server, use_mail_server


@pytest.fixture
def mails(settings: Settings) -> Iterator[MailServer]:
    """A real mail server that Usher sends through."""
    with mail_server() as server:
        use_mail_server(settings, server)
        yield server
