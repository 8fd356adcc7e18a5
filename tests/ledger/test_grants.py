"""The grants of docs/ledger.md, for real: the role that Usher runs as appends, and can do nothing else."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, connection, transaction

from tests.ledger.conftest import ADA
from tests.support.paths import ROOT
from usher.access.models import User
from usher.activity.ingest.partitions import (
    EventMonth,
    drop_partitions_before,
    ensure_partitions,
    stored_months,
)
from usher.activity.records.copying import MonthCopy
from usher.activity.records.months import RecordPolicy
from usher.activity.records.swap import swap
from usher.ledger.models import Entry
from usher.ledger.record import record
from usher.ledger.verify import Verification

DOCUMENT = ROOT / "docs" / "ledger.md"


def documented_grants() -> str:
    blocks = re.findall(r"```sql\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    return next(block for block in blocks if "GRANT" in block)


@pytest.fixture
def as_usher_app(three: list[Entry]) -> Iterator[None]:
    """From here on, statements are those of the role `usher_app`, made as the document says."""
    ensure_partitions("activity_streamevent", [datetime(2019, 1, 1, tzinfo=UTC)])
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, current_database()")
        owner, database = cursor.fetchone()
        grants = documented_grants().replace("usher_owner", f'"{owner}"')
        cursor.execute(re.sub(r"DATABASE usher\b", f'DATABASE "{database}"', grants))
        cursor.execute("SET ROLE usher_app")
        yield
        cursor.execute("RESET ROLE")


def test_it_appends_and_reads(as_usher_app: None) -> None:
    assert record(ADA, "case.approved", "case 4").number == 4
    assert not list(Verification().problems())


def test_it_does_its_other_work(as_usher_app: None) -> None:
    User.objects.create_user("eve@example.com").delete()
    ensure_partitions("activity_auditevent", [datetime(2020, 1, 1, tzinfo=UTC)])
    dropped = drop_partitions_before("activity_auditevent", datetime(2020, 3, 1, tzinfo=UTC))
    assert dropped == ["activity_auditevent_2020_01"]


def test_it_drops_the_months_that_the_owner_had_made(as_usher_app: None) -> None:
    assert drop_partitions_before("activity_streamevent", datetime(2019, 2, 1, tzinfo=UTC))


def test_it_writes_months_anew(as_usher_app: None) -> None:
    ensure_partitions("activity_auditevent", [datetime(2020, 1, 1, tzinfo=UTC)])
    copy = MonthCopy(EventMonth(2020, 1), RecordPolicy.COMPRESS)
    while copy.step():
        pass
    swap(copy)
    assert stored_months("activity_eventcopy") == []
    assert EventMonth(2020, 1) in stored_months("activity_auditevent")


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE ledger_entry SET reason = 'another'",
        "DELETE FROM ledger_entry",
        "TRUNCATE ledger_entry",
        "DELETE FROM ledger_head",
        "TRUNCATE ledger_head",
        "DROP TRIGGER ledger_entry_stays ON ledger_entry",
        "ALTER TABLE ledger_entry DISABLE TRIGGER ALL",
        "DROP TABLE ledger_entry",
        "CREATE OR REPLACE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "SET session_replication_role = replica",
    ],
)
def test_the_database_refuses_it_everything_else(as_usher_app: None, sql: str) -> None:
    refused = pytest.raises(DatabaseError, match=r"permission denied|must be owner")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    assert Entry.objects.count() == 3
