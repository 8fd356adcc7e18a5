"""What each kind of destination needs, may have, and has no use for, besides a name and an address."""

from collections.abc import Mapping

from usher.streams.models import StreamDestination

Kind = StreamDestination.Kind

NEEDED: Mapping[Kind, frozenset[str]] = {
    Kind.SPLUNK: frozenset({"secret"}),
    Kind.ELASTIC: frozenset({"place"}),
    Kind.DATADOG: frozenset({"secret"}),
    Kind.LINES: frozenset(),
    Kind.SYSLOG: frozenset(),
    Kind.FOLDER: frozenset(),
    Kind.S3: frozenset({"secret", "place", "region", "key_id"}),
}
POSSIBLE: Mapping[Kind, frozenset[str]] = {
    Kind.SPLUNK: frozenset({"place", "authority"}),
    Kind.ELASTIC: frozenset({"secret", "authority"}),
    Kind.DATADOG: frozenset({"authority"}),
    Kind.LINES: frozenset({"secret", "authority"}),
    Kind.SYSLOG: frozenset({"authority"}),
    Kind.FOLDER: frozenset(),
    Kind.S3: frozenset({"authority"}),
}
OF_SOME_KINDS = {
    "secret": "token or key",
    "place": "index or bucket",
    "region": "region",
    "key_id": "access key ID",
    "authority": "certificate of an authority",
}
"""The fields that not every kind has, in words."""


def needs_field(kind: str, name: str) -> bool:
    return name in NEEDED[Kind(kind)]


def takes_field(kind: str, name: str) -> bool:
    return needs_field(kind, name) or name in POSSIBLE[Kind(kind)]
