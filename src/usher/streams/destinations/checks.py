"""Whether what an admin enters for a destination can be used. Nothing is sent here."""

import re

from usher.notify.destinations.checks import UnusableDestination, check_url
from usher.refusals import Refused
from usher.streams.models import StreamDestination
from usher.streams.sending.http import tls_context
from usher.streams.sending.message import Undelivered
from usher.streams.sending.syslog import host_and_port

Kind = StreamDestination.Kind
FOLDER = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,59}")
BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,62}(/[\w!.*'()=-]+)*/?")
_HOST = re.compile(r"[A-Za-z0-9._:\[\]-]+")


class UnusableStream(Refused):
    """`field`: what has to be corrected."""

    def __init__(self, field: str, message: str, remedy: str = "") -> None:
        super().__init__(message, remedy)
        self.field = field


def check_stream(destination: StreamDestination) -> None:
    """Raises UnusableStream."""
    if destination.authority:
        try:
            tls_context(destination.authority)
        except Undelivered as error:
            raise UnusableStream("authority", error.problem, error.remedy) from error
    match destination.kind:
        case Kind.FOLDER:
            if not FOLDER.fullmatch(destination.address):
                raise UnusableStream(
                    "address", "This is no name of a folder.", "Use letters, digits, -, _ and dots, no path."
                )
        case Kind.SYSLOG:
            _check_host(destination.address)
        case _:
            try:
                check_url(destination.address)
            except UnusableDestination as error:
                raise UnusableStream("address", error.message, error.remedy) from error
            if "?" in destination.address or "#" in destination.address:
                raise UnusableStream(
                    "address",
                    "The address has a query in it.",
                    "Enter it without; tokens have a field of their own.",
                )
    if destination.kind == Kind.S3 and not BUCKET.fullmatch(destination.place):
        raise UnusableStream("place", "This is no name of a bucket.", "Such as logs or logs/usher.")


def _check_host(address: str) -> None:
    try:
        host, _ = host_and_port(address)
    except ValueError:
        host = ""
    if not _HOST.fullmatch(address) or not host:
        raise UnusableStream("address", "This is no host and port.", "Such as logs.example.com:6514.")
