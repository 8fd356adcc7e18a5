"""The variables of the environment that set Usher up (docs/settings.md), read once and checked all together.

A value is never repeated in a message where it may hold a password, a token or a key.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from urllib.parse import urlsplit

import msgspec

from usher.access.sso.variables import NAMES as OF_SINGLE_SIGN_ON
from usher.access.sso.variables import WronglySet, read_sso_variables
from usher.config.environment_values import ValueReader
from usher.config.logs import FORMATS
from usher.platform.proxies import Network

OF_SETTINGS = (
    "USHER_API_REQUESTS_PER_MINUTE",
    "USHER_ASANA_CLIENT_ID",
    "USHER_ASANA_CLIENT_SECRET",
    "USHER_ASANA_URL",
    "USHER_BASE_URL",
    "USHER_DATABASE_PATIENCE",
    "USHER_ENCRYPTION_KEYS",
    "USHER_EVENT_RECORDS",
    "USHER_HOME",
    "USHER_KEEP_EVENTS_DAYS",
    "USHER_KEEP_TRAIL_DAYS",
    "USHER_LEDGER_HEADS_TO",
    "USHER_LOG_ADDRESSES",
    "USHER_LOG_FORMAT",
    "USHER_MAIL_FROM",
    "USHER_METRICS_TOKEN",
    "USHER_REPLICA_LAG_SECONDS",
    "USHER_SECRET_KEY",
    "USHER_SLACK_URL",
    "USHER_SMTP_HOST",
    "USHER_SMTP_PASSWORD",
    "USHER_SMTP_PORT",
    "USHER_SMTP_TLS",
    "USHER_SMTP_USER",
    "USHER_STREAMS_FOLDER",
    "USHER_TRUSTED_PROXIES",
    "USHER_WEBHOOK_NETWORKS",
)
OF_COMMANDS = (
    "USHER_AS",
    "USHER_BACKUP_PASSPHRASE",
    "USHER_TOKEN",
    "USHER_SERVICE_TOKEN",
    "USHER_TOKEN_FILE",
    "USHER_URL",
)
OF_USHER_ITSELF = ("USHER_DEV", "USHER_PARENT_PIPE", "USHER_REVISION", "USHER_TEST_HOME")
NAMES = (*OF_SETTINGS, *OF_SINGLE_SIGN_ON, *OF_COMMANDS, *OF_USHER_ITSELF)

EVENT_RECORDS_WORDS = ("keep", "compress", "drop")
YES_OR_NO = ("yes", "no")
TLS_WORDS = ("starttls", "ssl", "none")
FEWEST_EVENT_DAYS = 100
"""Asana keeps its audit log for 90 days."""
FEWEST_TRAIL_DAYS = 30


class Environment(msgspec.Struct, frozen=True):
    asana_url: str
    base_url: str
    base_host: str
    asana_client_id: str
    asana_client_secret: str
    event_records: str
    """One of EVENT_RECORDS_WORDS."""
    keep_events_days: int | None
    keep_trail_days: int
    trusted_proxies: list[Network]
    metrics_token: str
    """Empty: only API tokens may read /metrics."""
    smtp_host: str
    smtp_port: int
    smtp_user: str
    smtp_password: str
    smtp_tls: str
    """One of TLS_WORDS."""
    mail_from: str
    ledger_heads_to: list[str]
    """E-mail addresses, and the word "admins" for theirs."""
    log_format: str
    """One of config.logs.FORMATS."""
    log_addresses: str
    """Whether the log has e-mail and IP addresses: one of YES_OR_NO."""
    slack_url: str
    webhook_networks: list[Network]
    """Networks that are not public, and that notices and event streams may be sent to."""
    streams_folder: str
    """Empty: `streams` in the data folder."""
    database_url: str
    """Empty for the embedded server."""
    database_direct_url: str
    database_replica_url: str
    replica_lag_seconds: int
    api_requests_per_minute: int
    """With one token."""


class InvalidEnvironment(ValueError):
    """`problems`: a sentence for each variable that cannot be used."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


def read_environment(variables: Mapping[str, str]) -> Environment:
    """Raises InvalidEnvironment, which names all problems at once."""
    reader = ValueReader(variables)
    base_url = reader.address("USHER_BASE_URL", "http://127.0.0.1:8000", with_path=False)
    host = _host_of(base_url)
    read = Environment(
        asana_url=reader.address("USHER_ASANA_URL", "https://app.asana.com", with_path=True),
        base_url=base_url,
        base_host=host,
        asana_client_id=reader.text("USHER_ASANA_CLIENT_ID"),
        asana_client_secret=reader.text("USHER_ASANA_CLIENT_SECRET"),
        event_records=reader.word("USHER_EVENT_RECORDS", EVENT_RECORDS_WORDS),
        keep_events_days=reader.days("USHER_KEEP_EVENTS_DAYS", FEWEST_EVENT_DAYS),
        keep_trail_days=reader.days("USHER_KEEP_TRAIL_DAYS", FEWEST_TRAIL_DAYS) or 400,
        trusted_proxies=reader.proxies("USHER_TRUSTED_PROXIES"),
        metrics_token=reader.secret("USHER_METRICS_TOKEN"),
        smtp_host=reader.mail_host("USHER_SMTP_HOST"),
        smtp_port=reader.port("USHER_SMTP_PORT", 587),
        smtp_user=reader.text("USHER_SMTP_USER"),
        smtp_password=variables.get("USHER_SMTP_PASSWORD", ""),
        smtp_tls=reader.word("USHER_SMTP_TLS", TLS_WORDS),
        mail_from=reader.mail_address("USHER_MAIL_FROM", f"usher@{host}"),
        ledger_heads_to=reader.receivers("USHER_LEDGER_HEADS_TO"),
        log_format=reader.word("USHER_LOG_FORMAT", FORMATS),
        log_addresses=reader.word("USHER_LOG_ADDRESSES", YES_OR_NO),
        slack_url=reader.address("USHER_SLACK_URL", "https://slack.com", with_path=True),
        webhook_networks=reader.networks("USHER_WEBHOOK_NETWORKS"),
        streams_folder=reader.text("USHER_STREAMS_FOLDER"),
        database_url=reader.database("DATABASE_URL"),
        database_direct_url=reader.database("DATABASE_DIRECT_URL"),
        database_replica_url=reader.database("DATABASE_REPLICA_URL"),
        replica_lag_seconds=reader.seconds("USHER_REPLICA_LAG_SECONDS", 10),
        api_requests_per_minute=reader.count("USHER_API_REQUESTS_PER_MINUTE", 600),
    )
    reader.check_keys()
    reader.seconds("USHER_DATABASE_PATIENCE", 0)  # read where it is needed, also without settings
    if (read.database_direct_url or read.database_replica_url) and not reader.text("DATABASE_URL"):
        reader.problems.append("DATABASE_DIRECT_URL or DATABASE_REPLICA_URL is set without DATABASE_URL.")
    if bool(read.asana_client_id) != bool(read.asana_client_secret):
        reader.problems.append("Set both USHER_ASANA_CLIENT_ID and USHER_ASANA_CLIENT_SECRET, or neither.")
    try:
        read_sso_variables(variables)  # read again where it is needed
    except WronglySet as problem:
        reader.problems.append(f"{problem.message} {problem.remedy}")
    if reader.problems:
        raise InvalidEnvironment(reader.problems)
    return read


def unknown_names(variables: Mapping[str, str]) -> list[str]:
    """A sentence for each variable that looks like a setting of Usher and is none."""
    sentences = []
    for name in sorted(variables):
        if not name.startswith("USHER_") or name in NAMES:
            continue
        near = get_close_matches(name, (*OF_SETTINGS, *OF_COMMANDS), n=1, cutoff=0.8)
        sentences.append(f"{name} is not a setting of Usher." + (f" Is it {near[0]}?" if near else ""))
    return sentences


def _host_of(address: str) -> str:
    try:
        return urlsplit(address).hostname or "localhost"
    except ValueError:
        return "localhost"
