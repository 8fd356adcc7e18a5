"""Which way leads to which kind of destination."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from django.conf import settings

from usher.platform.home import home
from usher.streams.models import StreamDestination
from usher.streams.sending.datadog import DatadogReceiver
from usher.streams.sending.elastic import ElasticReceiver
from usher.streams.sending.files import FolderReceiver
from usher.streams.sending.http import HttpWay
from usher.streams.sending.lines import LinesReceiver
from usher.streams.sending.message import Receiver
from usher.streams.sending.s3 import S3Receiver
from usher.streams.sending.splunk import SplunkReceiver
from usher.streams.sending.syslog import SyslogReceiver

Kind = StreamDestination.Kind


def folder_of_streams() -> Path:
    """Where folders of destinations are: an admin who enters one reaches no other place of this machine."""
    configured: str | None = settings.USHER_STREAMS_FOLDER
    return Path(configured) if configured else home() / "streams"


@asynccontextmanager
async def open_receiver(destination: StreamDestination) -> AsyncIterator[Receiver]:
    """`destination` with its secret. Nothing is sent yet."""
    if destination.kind == Kind.SYSLOG:
        yield SyslogReceiver(destination.address, destination.authority)
    elif destination.kind == Kind.FOLDER:
        yield FolderReceiver(folder_of_streams() / destination.address)
    else:
        way = HttpWay(destination.address, destination.authority)
        try:
            yield _over_http(destination, way)
        finally:
            await way.close()


def _over_http(destination: StreamDestination, way: HttpWay) -> Receiver:
    match destination.kind:
        case Kind.SPLUNK:
            return SplunkReceiver(way, destination.secret, destination.place, destination.form)
        case Kind.ELASTIC:
            return ElasticReceiver(way, destination.secret, destination.place)
        case Kind.DATADOG:
            return DatadogReceiver(way, destination.secret)
        case Kind.S3:
            return S3Receiver(
                way, destination.place, destination.region, destination.key_id, destination.secret
            )
        case _:
            return LinesReceiver(way, destination.secret)
