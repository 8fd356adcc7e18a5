"""The variables of the environment that set Usher up (docs/settings.md), read once and checked all together.

A value is never repeated in a message where it may hold a password, a token or a key.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from email.utils import parseaddr
from urllib.parse import urlsplit

import dj_database_url
import msgspec
from cryptography.fernet import Fernet

from usher.access.sso.variables import NAMES as OF_SINGLE_SIGN_ON
from usher.access.sso.variables import WronglySet, read_sso_variables
from usher.platform.home import split_keys
from usher.platform.proxies import InvalidProxies, Network, trusted_proxies

OF_SETTINGS = (
    "USHER_ASANA_CLIENT_ID",
    "USHER_ASANA_CLIENT_SECRET",
    "USHER_ASANA_URL",
    "USHER_BASE_URL",
    "USHER_DATABASE_PATIENCE",
    "USHER_ENCRYPTION_KEYS",
    "USHER_HOME",
    "USHER_KEEP_EVENTS_DAYS",
    "USHER_KEEP_TRAIL_DAYS",
    "USHER_LEDGER_HEADS_TO",
    "USHER_MAIL_FROM",
    "USHER_METRICS_TOKEN",
    "USHER_REPLICA_LAG_SECONDS",
    "USHER_SECRET_KEY",
    "USHER_SMTP_HOST",
    "USHER_SMTP_PASSWORD",
    "USHER_SMTP_PORT",
    "USHER_SMTP_TLS",
    "USHER_SMTP_USER",
    "USHER_TRUSTED_PROXIES",
)
OF_COMMANDS = ("USHER_AS", "USHER_BACKUP_PASSPHRASE", "USHER_TOKEN", "USHER_SERVICE_TOKEN")
OF_USHER_ITSELF = ("USHER_DEV", "USHER_PARENT_PIPE", "USHER_REVISION", "USHER_TEST_HOME")
NAMES = (*OF_SETTINGS, *OF_SINGLE_SIGN_ON, *OF_COMMANDS, *OF_USHER_ITSELF)

TLS_WORDS = ("starttls", "ssl", "none")
FEWEST_EVENT_DAYS = 100
"""Asana keeps its audit log for 90 days."""
FEWEST_TRAIL_DAYS = 30
SHORTEST_SECRET_KEY = 32
SHORTEST_TOKEN = 16


class Environment(msgspec.Struct, frozen=True):
    asana_url: str
    base_url: str
    base_host: str
    asana_client_id: str
    asana_client_secret: str
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
    database_url: str
    """Empty for the embedded server."""
    database_direct_url: str
    database_replica_url: str
    replica_lag_seconds: int


class InvalidEnvironment(ValueError):
    """`problems`: a sentence for each variable that cannot be used."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


def read_environment(variables: Mapping[str, str]) -> Environment:
    """Raises InvalidEnvironment, which names all problems at once."""
    reader = _Reader(variables)
    base_url = reader.address("USHER_BASE_URL", "http://127.0.0.1:8000", with_path=False)
    host = _host_of(base_url)
    read = Environment(
        asana_url=reader.address("USHER_ASANA_URL", "https://app.asana.com", with_path=True),
        base_url=base_url,
        base_host=host,
        asana_client_id=reader.text("USHER_ASANA_CLIENT_ID"),
        asana_client_secret=reader.text("USHER_ASANA_CLIENT_SECRET"),
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
        database_url=reader.database("DATABASE_URL"),
        database_direct_url=reader.database("DATABASE_DIRECT_URL"),
        database_replica_url=reader.database("DATABASE_REPLICA_URL"),
        replica_lag_seconds=reader.seconds("USHER_REPLICA_LAG_SECONDS", 10),
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


class _Reader:
    """Reads values. What is wrong with one goes into `problems`, and its default is returned."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self.problems: list[str] = []

    def text(self, name: str) -> str:
        return self._variables.get(name, "").strip()

    def address(self, name: str, default: str, *, with_path: bool) -> str:
        """Without a slash at its end."""
        given = self.text(name).rstrip("/")
        if not given:
            return default
        try:
            parts = urlsplit(given)
            usable = (
                parts.scheme in ("http", "https") and parts.hostname and (parts.port is None or parts.port)
            )
        except ValueError:
            usable = False
        if not usable or any(letter.isspace() for letter in given):
            self.problems.append(f"{name} is not an address: it looks like https://usher.example.com.")
        elif parts.username or parts.password or parts.query or parts.fragment:
            self.problems.append(f"{name} must not have a user, a query or a fragment in it.")
        elif parts.path and not with_path:
            self.problems.append(
                f"{name} must not have a path: Usher runs at the root of its host, not under {parts.path}."
            )
        else:
            return given
        return default

    def word(self, name: str, words: tuple[str, ...]) -> str:
        """One of `words`, the first of which is the default."""
        given = self.text(name).lower()
        if given and given not in words:
            self.problems.append(f"{name} is “{given}”, and must be one of: {', '.join(words)}.")
        return given if given in words else words[0]

    def port(self, name: str, default: int) -> int:
        given = self.text(name)
        if not given:
            return default
        if _is_number(given) and 1 <= int(given) <= 65535:
            return int(given)
        self.problems.append(f"{name} is “{given}”, and must be a port: a number from 1 to 65535.")
        return default

    def days(self, name: str, fewest: int) -> int | None:
        """None when it is absent. Less than `fewest` counts as `fewest`."""
        given = self.text(name)
        if not given:
            return None
        if _is_number(given) and 1 <= int(given) <= 36_500:
            return max(fewest, int(given))
        self.problems.append(f"{name} is “{given}”, and must be a number of days, from 1 to 36500.")
        return None

    def seconds(self, name: str, default: int) -> int:
        given = self.text(name)
        if given and not _is_number(given):
            self.problems.append(f"{name} is “{given}”, and must be a number of seconds.")
        return int(given) if _is_number(given) else default

    def proxies(self, name: str) -> list[Network]:
        try:
            return trusted_proxies(self.text(name))
        except InvalidProxies as error:
            self.problems.append(f"{error.message} {error.remedy}")
            return []

    def secret(self, name: str) -> str:
        given = self.text(name)
        if given and len(given) < SHORTEST_TOKEN:
            self.problems.append(f"{name} is too short: it needs {SHORTEST_TOKEN} random characters or more.")
        return given

    def mail_host(self, name: str) -> str:
        given = self.text(name)
        if "/" in given or any(letter.isspace() for letter in given):
            self.problems.append(
                f"{name} is “{given}”, and must be the name of a host, such as smtp.example.com."
            )
            return ""
        return given

    def mail_address(self, name: str, default: str) -> str:
        given = self.text(name)
        if not given:
            return default
        user, _, domain = parseaddr(given)[1].rpartition("@")
        if user and domain and given.isprintable():
            return given
        self.problems.append(
            f"{name} is “{given}”, and must be an e-mail address, such as Usher <usher@example.com>."
        )
        return default

    def receivers(self, name: str) -> list[str]:
        """E-mail addresses, separated by commas; "admins" stands for those of all admins."""
        given = [one for each in self.text(name).split(",") if (one := each.strip())]
        for one in given:
            user, _, domain = one.rpartition("@")
            if one != "admins" and not (user and domain and one.isprintable() and parseaddr(one)[1] == one):
                self.problems.append(
                    f"{name} names “{one}”, and must have e-mail addresses or the word admins, separated by commas."
                )
                return []
        return given

    def database(self, name: str) -> str:
        given = self.text(name)
        try:
            if not given or dj_database_url.parse(given)["ENGINE"] == "django.db.backends.postgresql":
                return given
        except (ValueError, KeyError):
            pass
        self.problems.append(
            f"{name} is not the address of a PostgreSQL database. "
            "It looks like postgresql://user:password@host:5432/database."
        )
        return ""

    def check_keys(self) -> None:
        secret_key = self.text("USHER_SECRET_KEY")
        if secret_key and len(secret_key) < SHORTEST_SECRET_KEY:
            self.problems.append(
                f"USHER_SECRET_KEY is too short: sessions are signed with it, so it needs {SHORTEST_SECRET_KEY} "
                "random characters or more."
            )
        keys = split_keys(self.text("USHER_ENCRYPTION_KEYS"))
        bad = [str(number) for number, key in enumerate(keys, 1) if not _is_key(key)]
        if bad:
            self.problems.append(
                f"USHER_ENCRYPTION_KEYS: number {' and '.join(bad)} of {len(keys)} is not a key. A key has 44 letters, "
                "digits, - and _, and ends with =. Several are separated by commas."
            )


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


def _is_key(text: str) -> bool:
    try:
        Fernet(text)
    except ValueError:
        return False
    return True
