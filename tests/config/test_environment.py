"""Settings that cannot be used are refused at start, all at once, each with a sentence."""

import base64
import re

import pytest

from tests.support.paths import ROOT
from usher.config.environment import (
    NAMES,
    OF_COMMANDS,
    OF_SETTINGS,
    OF_SINGLE_SIGN_ON,
    InvalidEnvironment,
    read_environment,
    unknown_names,
)

KEY = base64.urlsafe_b64encode(bytes(32)).decode()  # in the names of tests, which all processes must agree on

REFUSED = [
    ("USHER_SMTP_TLS", "tls", "must be one of: starttls, ssl, none"),
    ("USHER_SMTP_TLS", "STARTTLS ON", "must be one of"),
    ("USHER_SMTP_TLS", "true", "must be one of"),
    ("USHER_SMTP_PORT", "587a", "a number from 1 to 65535"),
    ("USHER_SMTP_PORT", "0", "a number from 1 to 65535"),
    ("USHER_SMTP_PORT", "65536", "a number from 1 to 65535"),
    ("USHER_SMTP_PORT", "٥٨٧", "a number from 1 to 65535"),
    ("USHER_SMTP_PORT", "-1", "a number from 1 to 65535"),
    ("USHER_SMTP_HOST", "smtp://mail.example.com", "the name of a host"),
    ("USHER_MAIL_FROM", "usher", "an e-mail address"),
    ("USHER_MAIL_FROM", "usher@example.com\nBcc: eve@example.com", "an e-mail address"),
    ("USHER_LEDGER_HEADS_TO", "admin", "the word admins"),
    ("USHER_LEDGER_HEADS_TO", "admins, Ada <ada@example.com>", "must have e-mail addresses"),
    ("USHER_LEDGER_HEADS_TO", "ada@example.com\nBcc: eve@example.com", "must have e-mail addresses"),
    ("USHER_EVENT_RECORDS", "delete", "must be one of: keep, compress, drop"),
    ("USHER_KEEP_EVENTS_DAYS", "1 year", "a number of days"),
    ("USHER_KEEP_EVENTS_DAYS", "0", "a number of days"),
    ("USHER_KEEP_EVENTS_DAYS", "9" * 30, "a number of days"),
    ("USHER_KEEP_TRAIL_DAYS", "²", "a number of days"),
    ("USHER_BASE_URL", "usher.example.com", "is not an address"),
    ("USHER_BASE_URL", "ftp://usher.example.com", "is not an address"),
    ("USHER_BASE_URL", "https://", "is not an address"),
    ("USHER_BASE_URL", "https://usher.example.com:99999", "is not an address"),
    ("USHER_BASE_URL", "https://[::1", "is not an address"),
    ("USHER_BASE_URL", "https://usher example.com", "is not an address"),
    ("USHER_BASE_URL", "https://example.com/usher", "not under /usher"),
    ("USHER_BASE_URL", "https://ada:pw@example.com", "must not have a user"),
    ("USHER_ASANA_URL", "app.asana.com", "is not an address"),
    ("USHER_SECRET_KEY", "short", "too short"),
    ("USHER_ENCRYPTION_KEYS", "nonsense", "number 1 of 1 is not a key"),
    ("USHER_ENCRYPTION_KEYS", f"{KEY},{KEY[:-1]}", "number 2 of 2 is not a key"),
    ("USHER_METRICS_TOKEN", "abc", "too short"),
    ("USHER_TRUSTED_PROXIES", "10.0.0.0/99", "neither an IP address nor a network"),
    ("DATABASE_URL", "mysql://ada:pw@db/usher", "not the address of a PostgreSQL database"),
    ("DATABASE_URL", "postgresql://ada:pw@db:port/usher", "not the address of a PostgreSQL database"),
    ("DATABASE_DIRECT_URL", "mysql://ada:pw@db/usher", "not the address of a PostgreSQL database"),
    ("DATABASE_DIRECT_URL", "postgresql://ada:pw@db/usher", "is set without DATABASE_URL"),
    ("DATABASE_REPLICA_URL", "postgresql://ada:pw@db/usher", "is set without DATABASE_URL"),
    ("USHER_REPLICA_LAG_SECONDS", "soon", "a number of seconds"),
    ("USHER_ASANA_CLIENT_ID", "1", "or neither"),
]

ACCEPTED = {
    "USHER_SMTP_TLS": ["starttls", "SSL", " none ", ""],
    "USHER_SMTP_PORT": ["25", " 465 ", ""],
    "USHER_MAIL_FROM": ["usher@example.com", "Usher <usher@example.com>"],
    "USHER_LEDGER_HEADS_TO": ["", "admins", " admins , auditor@example.com,"],
    "USHER_BASE_URL": ["https://usher.example.com/", "http://127.0.0.1:8000", "http://[::1]:8000"],
    "USHER_ENCRYPTION_KEYS": [KEY, f" {KEY} ,\n{KEY},", f"{KEY}\n{KEY}\n"],
    "USHER_EVENT_RECORDS": ["", "keep", " Compress ", "drop"],
    "USHER_KEEP_EVENTS_DAYS": ["", "365"],
    "DATABASE_URL": ["", "postgres://u:p@h/d", "postgresql:///usher?host=/run/postgresql"],
}


@pytest.mark.parametrize(("name", "value", "sentence"), REFUSED)
def test_a_value_that_cannot_be_used_is_refused(name: str, value: str, sentence: str) -> None:
    with pytest.raises(InvalidEnvironment) as refused:
        read_environment({name: value})
    [problem] = refused.value.problems
    assert sentence in problem
    assert name in problem


@pytest.mark.parametrize(("name", "value"), [(name, value) for name in ACCEPTED for value in ACCEPTED[name]])
def test_what_can_be_meant_is_accepted(name: str, value: str) -> None:
    read_environment({name: value})


def test_all_problems_are_said_at_once_and_no_secret_is_repeated() -> None:
    secret = "hunter2hunter2"
    with pytest.raises(InvalidEnvironment) as refused:
        read_environment(
            {
                "USHER_SMTP_TLS": "yes",
                "USHER_BASE_URL": "https://example.com/x",
                "USHER_ENCRYPTION_KEYS": secret,
                "USHER_SECRET_KEY": secret,
                "DATABASE_URL": f"oracle://ada:{secret}@db/usher",
                "USHER_ASANA_CLIENT_SECRET": secret,
            }
        )
    assert len(refused.value.problems) == 6
    assert secret not in str(refused.value)


def test_nothing_at_all_gives_the_defaults() -> None:
    read = read_environment({})
    assert (read.base_url, read.smtp_port, read.smtp_tls) == ("http://127.0.0.1:8000", 587, "starttls")
    assert (read.keep_events_days, read.keep_trail_days) == (None, 400)
    assert read.mail_from == "usher@127.0.0.1"
    assert read.event_records == "keep", "nothing is rewritten or dropped unless it is asked for"


def test_few_days_count_as_the_fewest() -> None:
    read = read_environment({"USHER_KEEP_EVENTS_DAYS": "30", "USHER_KEEP_TRAIL_DAYS": "1"})
    assert (read.keep_events_days, read.keep_trail_days) == (100, 30)


def test_a_name_that_no_setting_has_is_said_with_the_nearest_one() -> None:
    assert unknown_names({"USHER_SMTP_TSL": "ssl", "USHER_HOME": "/x", "PATH": "/bin"}) == [
        "USHER_SMTP_TSL is not a setting of Usher. Is it USHER_SMTP_TLS?"
    ]
    assert unknown_names({"USHER_QQQQ": "1"}) == ["USHER_QQQQ is not a setting of Usher."]


def test_the_documentation_lists_the_settings_that_are_read() -> None:
    rows = [row for row in (ROOT / "docs/settings.md").read_text().splitlines() if row.startswith("| `")]
    documented = set(re.findall(r"USHER_[A-Z_]+", " ".join(row.split("|")[1] for row in rows)))
    assert documented == {*OF_SETTINGS, *OF_SINGLE_SIGN_ON, *OF_COMMANDS}


def test_every_variable_that_the_code_reads_has_a_known_name() -> None:
    read = re.compile(
        r"""(?:environ(?:\.get|\.pop|\.setdefault)?[(\[]\s*|envvar=|PIPE = )["'](USHER_[A-Z_]+)"""
    )
    found = {name for path in (ROOT / "src").rglob("*.py") for name in read.findall(path.read_text())}
    assert found <= set(NAMES)
    assert "USHER_HOME" in found
