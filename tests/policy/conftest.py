from collections.abc import Iterator

import pytest
from django.utils import timezone
from pytest_django import Settings

from tests.conftest import connect_to_sandbox
from tests.support.notify.mail_server import MailServer, mail_server, use_mail_server
from tests.support.remembered_rows import prepared
from tests.support.removal.leaving import may_act, no_waiting
from tests.support.roster.syncing import sync_now
from usher.connections.models import Connection
from usher.sandbox import RunningSandbox


@pytest.fixture
def mails(settings: Settings) -> Iterator[MailServer]:
    """A real mail server that Usher sends through."""
    with mail_server() as server:
        use_mail_server(settings, server)
        yield server


@pytest.fixture
def sandbox_acme(mails: MailServer, transactional_db: None, sandbox: RunningSandbox) -> Connection:
    """A company of the sandbox that is synced, with a connection that may act. The same seed makes the same company."""
    name = f"acme_{len(sandbox.company.people)}_{timezone.localdate():%Y%m%d}"
    prepared(name, lambda: sync_now(connect_to_sandbox()))
    no_waiting()
    return may_act(Connection.objects.get())
