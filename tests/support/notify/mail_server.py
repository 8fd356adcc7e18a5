"""A real SMTP server with mailboxes. It can refuse a receiver, put one off, and hang up in the middle."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from pytest_django import Settings

from tests.support.ports import free_port


@dataclass
class MailServer:
    port: int = 0
    taken: list[tuple[str, EmailMessage]] = field(default_factory=list)
    """Receiver and message, each time that the server has answered 250."""
    unknown: set[str] = field(default_factory=set)
    greylisted: set[str] = field(default_factory=set)
    """Put off once."""
    hangs_up: int = 0
    """How many times more it closes the connection instead of answering to the message."""
    refuses_content: str = ""

    def mailbox(self, address: str) -> list[EmailMessage]:
        return [message for receiver, message in self.taken if receiver == address]

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's names
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.unknown:
            return "550 5.1.1 No such mailbox"
        if address in self.greylisted:
            self.greylisted.discard(address)
            return "451 4.7.1 Come back later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.hangs_up:
            self.hangs_up -= 1
            server.transport.abort()
            return "421 4.4.2 Gone"
        if self.refuses_content:
            return self.refuses_content
        message = message_from_bytes(envelope.content, policy=default)
        self.taken += [(receiver, message) for receiver in envelope.rcpt_tos]
        return "250 2.0.0 Taken"


@contextmanager
def mail_server() -> Iterator[MailServer]:
    server = MailServer()
    server.port = free_port()
    controller = Controller(server, hostname="127.0.0.1", port=server.port)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()


def use_mail_server(settings: Settings, server: MailServer) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_PORT = server.port
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_HOST_USER = ""
