"""Syslog over TLS (RFC 5425): messages of RFC 5424, each with its length before it.

Syslog has no acknowledgement. So after each batch the connection is closed in our direction, and the batch counts as
taken when the receiver has read to the end and closes its own: a receiver that dies before gets all of it again.
"""

import asyncio
import re
import socket
import ssl
from datetime import UTC

from usher.notify.sending.public_addresses import HostUnknown, NotPublic, public_address
from usher.streams.sending.http import CHECK, tls_context
from usher.streams.sending.message import MessageBatch, StreamMessage, Undelivered

SECONDS = 30
PORT = 6514
_FACILITY_AUDIT, _NOTICE = 13, 5
PRIORITY = _FACILITY_AUDIT * 8 + _NOTICE
_NOT_IN_NAMES = re.compile(r"[^!-~]")


def host_and_port(address: str) -> tuple[str, int]:
    """Raises ValueError."""
    host, colon, port = address.rpartition(":")
    if not colon or (":" in host and not host.startswith("[")):
        return address.strip("[]"), PORT
    number = int(port)
    if not host or not 0 < number < 65536:
        raise ValueError(address)
    return host.strip("[]"), number


class SyslogReceiver:
    def __init__(self, address: str, authority: str) -> None:
        self._host, self._port = host_and_port(address)
        self._authority = authority

    async def send(self, batch: MessageBatch) -> None:
        try:
            address = str(await public_address(self._host, self._port))
        except NotPublic as error:
            raise Undelivered(error.message, error.remedy) from None
        except HostUnknown:
            raise Undelivered(f"The name {self._host} could not be resolved.", "Check the address.") from None
        frames = b"".join(map(framed, batch.messages))
        context = tls_context(self._authority)
        try:
            await asyncio.to_thread(self._send, address, context, frames)
        except ssl.SSLCertVerificationError as error:
            raise Undelivered(
                f"The certificate of {self._host} is refused: {error.verify_message}.",
                "Enter the certificates of its authority.",
            ) from None
        except TimeoutError:
            raise Undelivered(
                f"{self._host} did not take the events within {SECONDS} seconds.", CHECK
            ) from None
        except OSError as error:
            raise Undelivered(
                f"The connection to {self._host} failed ({type(error).__name__}).", CHECK, is_passing=True
            ) from None

    def _send(self, address: str, context: ssl.SSLContext, frames: bytes) -> None:
        with (
            socket.create_connection((address, self._port), SECONDS) as plain,
            context.wrap_socket(plain, server_hostname=self._host) as secure,
        ):
            secure.sendall(frames)
            try:
                secure.unwrap()  # says that this is all, and waits until the receiver has read so far
            except ssl.SSLEOFError:
                pass  # it closed without a word of TLS, after reading to the end
            except ssl.SSLError as error:
                if error.reason not in (
                    "APPLICATION_DATA_AFTER_CLOSE_NOTIFY",
                    "UNEXPECTED_EOF_WHILE_READING",
                ):
                    raise


def framed(message: StreamMessage) -> bytes:
    """With octet counting, as RFC 5425 has it."""
    time = message.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    name = _NOT_IN_NAMES.sub("_", message.event_type)[:32] or "-"
    header = f"<{PRIORITY}>1 {time} {socket.gethostname()[:255]} usher - {name} - "
    body = header.encode() + message.line
    return b"%d %s" % (len(body), body)
