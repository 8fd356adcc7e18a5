"""The log: one line for each entry, which request or job it is of, and neither tokens nor, if so set, addresses."""

import json
import logging
import sys

import pytest
from asgiref.sync import sync_to_async

from usher.platform.following.log_lines import (
    JsonFormatter,
    PlainFormatter,
    without_addresses,
    without_tokens,
)
from usher.platform.following.tracking import at_work_for_job, enter_request, request_id

SECRETS = [
    "Bearer usher_aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789",
    "2/1204567890123/1209876543210:0123456789abcdef0123456789abcdef",
    "1/1204567890123:0123456789abcdef0123456789abcdef",
    "xoxb-123456789012-abcdefABCDEF",
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "usher_calendar_aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789",
    "postgresql://usher:hunter2hunter2@db.example.com/usher",
    "/welcome/aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789aBcDeFg/",
]


def an_entry(text: str, *values: object, **more: object) -> logging.LogRecord:
    return logging.makeLogRecord(
        {"msg": text, "args": values, "levelname": "ERROR", "name": "usher.x", **more}
    )


@pytest.fixture(autouse=True)
def no_request() -> None:
    enter_request("quiet-request")


@pytest.mark.parametrize("formatter", [PlainFormatter(), JsonFormatter()], ids=["plain", "json"])
@pytest.mark.parametrize("secret", SECRETS)
def test_no_entry_holds_a_token(formatter: logging.Formatter, secret: str) -> None:
    try:
        raise ValueError(f"refused {secret}")
    except ValueError:
        line = formatter.format(an_entry("with %s", secret, exc_info=sys.exc_info()))
    assert line.count("[token]") >= 2
    core = max(secret.replace("/", " ").replace(":", " ").replace("@", " ").split(), key=len)
    assert core not in line or core in ("db.example.com", "postgresql")


@pytest.mark.parametrize(
    "text",
    [
        "Sync of Acme failed: no answer after 12:30:45.",
        "2026-11-30 12:30:45,123 took 0:00:12",
        "usher.removal.jobs.run_case[17](case=9) at /usr/lib/python3.11/site-packages/django/db/models.py:17",
        "see https://usher.example.com/removals/restored/",
        "/people/1204567890123456/ and Bearer or Basic alone",
        "a :: b",
    ],
)
def test_what_is_no_secret_and_no_address_stays(text: str) -> None:
    assert without_addresses(without_tokens(text)) == text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("from 192.0.2.17.", "from [address]."),
        ("from 192.0.2.17:4711", "from [address]:4711"),
        ("from 2001:db8::7, twice", "from [address], twice"),
        ("from [::1]", "from [[address]]"),
        ("for ann.o'hara+x@mail.example.co.uk!", "for [e-mail]!"),
    ],
)
def test_addresses_are_masked(text: str, masked: str) -> None:
    assert without_addresses(text) == masked


@pytest.mark.parametrize("make", [PlainFormatter, JsonFormatter])
def test_addresses_are_written_unless_the_settings_say_no(make: type[PlainFormatter | JsonFormatter]) -> None:
    entry = an_entry("%s from %s", "ann@example.com", "192.0.2.17")
    assert "ann@example.com from 192.0.2.17" in make().format(entry)
    line = make(addresses=False).format(entry)
    assert "[e-mail] from [address]" in line
    assert "ann" not in line
    assert "192" not in line.partition("T")[2].replace("[address]", "") or make is PlainFormatter


def test_json_is_one_object_on_one_line_with_its_traceback() -> None:
    try:
        raise ValueError("Ann\nforged\x1b[2J")
    except ValueError:
        line = JsonFormatter().format(an_entry("failed\nagain", exc_info=sys.exc_info()))
    assert "\n" not in line
    assert "\x1b" not in line
    entry = json.loads(line)
    assert (entry["level"], entry["logger"], entry["message"]) == ("ERROR", "usher.x", "failed\\nagain")
    assert entry["error"] == "ValueError"
    assert "forged" in entry["traceback"]


def test_an_entry_says_of_which_request_it_is() -> None:
    enter_request("abc-12345678")
    assert json.loads(JsonFormatter().format(an_entry("x")))["request_id"] == "abc-12345678"
    assert PlainFormatter().format(an_entry("x")).endswith("usher.x: x [request abc-12345678]")


@pytest.mark.parametrize(
    "given", ["", "short", "x" * 65, "with blank1", "line\nbreak1", "<script>1", "-leading1"]
)
def test_an_id_that_is_not_well_formed_is_replaced(given: str) -> None:
    assert enter_request(given) == request_id() != given
    assert len(request_id()) == 20


async def test_a_job_and_its_threads_are_named_and_nothing_after_it() -> None:
    def in_a_thread() -> str:
        return str(json.loads(JsonFormatter().format(an_entry("x"))).get("job_id"))

    with at_work_for_job(17):
        assert await sync_to_async(in_a_thread)() == "17"
    assert await sync_to_async(in_a_thread)() == "None"


def test_what_the_queue_says_of_a_job_from_outside_names_it_too() -> None:
    assert json.loads(JsonFormatter().format(an_entry("ended", job_id=18)))["job_id"] == "18"
