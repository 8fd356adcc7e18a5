"""What else has to do with records: who may read them, backups, roles of the database, doctor and the command line."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from tests.activity.records.conftest import NOW
from tests.activity.records.test_closing import SEPTEMBER, close, many, stored
from tests.support.activity.small_log import make_organization
from tests.support.activity.written_events import an_event, write
from tests.support.cli.running import Usher, migrated_database, own_database
from tests.support.cli.table_contents import rows_of_tables
from usher.activity.models import RecordDictionary, RecordMonth
from usher.activity.records.reading import _dictionary
from usher.insights.health.facts import health_facts
from usher.platform.scope import Scope, seen_with
from usher.roster.models import Workspace


@pytest.mark.django_db(transaction=True)
def test_who_is_limited_to_a_connection_reads_its_compressed_records_and_no_others(
    compress: None, org: Workspace
) -> None:
    other = make_organization("Other")
    write(org, *many(SEPTEMBER, 3))
    write(other, *many(SEPTEMBER, 2))
    before = stored()
    close()
    _dictionary.cache_clear()
    with seen_with(Scope.of([org.connection_id])):
        own = stored()
        assert len(own) == 3
        assert RecordDictionary.objects.count() == RecordMonth.objects.count() == 1
    assert own.items() <= before.items()


@pytest.mark.django_db(transaction=True)
def test_doctor_says_what_became_of_records(settings: Settings, org: Workspace) -> None:
    def said() -> str:
        return next(fact.detail for fact in health_facts() if fact.key == "records")

    write(org, *many(SEPTEMBER, 60))
    assert said() == "All are stored as Asana sent them."
    settings.USHER_EVENT_RECORDS = "compress"
    close()
    assert said() == "60 up to September 2026 are compressed: 0.00 GB less."
    settings.USHER_EVENT_RECORDS = "drop"
    close()
    assert said().startswith("60 up to September 2026 are dropped")


@pytest.mark.django_db(transaction=True)
def test_the_audit_log_page_says_up_to_when_records_were_dropped(
    drop: None, page: Client, org: Workspace
) -> None:
    write(org, an_event(SEPTEMBER))
    assert "records were dropped" not in page.get("/audit-log/").content.decode()
    close()
    assert "Up to September 2026, records were dropped" in page.get("/audit-log/").content.decode()


def run(usher: Usher, module: str, *arguments: str, **environment: str) -> str:
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        env=usher.environment | environment,
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def test_a_backup_brings_compressed_and_dropped_records_to_another_machine(tmp_path: Path) -> None:
    with migrated_database("compressed") as url, own_database("compressed_elsewhere") as other:
        homes = [tempfile.mkdtemp(prefix="ur-", dir="/tmp") for _ in range(2)]
        usher = Usher(USHER_HOME=homes[0], DATABASE_URL=url)
        elsewhere = Usher(USHER_HOME=homes[1], DATABASE_URL=other)
        run(usher, "tests.support.activity.many_events", "400")
        run(
            usher,
            "tests.support.activity.closes_months_once",
            NOW.isoformat(),
            USHER_EVENT_RECORDS="compress",
        )
        written = run(usher, "tests.support.activity.many_events", "checksum")
        # What a killed process leaves is in the backup too, and in nobody's way.
        run(usher, "tests.support.activity.closes_months_once", "leave-a-copy")
        done = usher("backup", str(tmp_path / "usher.backup"))
        assert done.returncode == 0, done.stderr
        done = elsewhere("restore", str(tmp_path / "usher.backup"))
        assert done.returncode == 0, done.stderr
        assert run(elsewhere, "tests.support.activity.many_events", "checksum") == written
        assert rows_of_tables(url)["activity_recordmonth"] == rows_of_tables(other)["activity_recordmonth"]
        assert "activity_eventcopy_2026_09" in rows_of_tables(other)
        run(
            elsewhere,
            "tests.support.activity.closes_months_once",
            NOW.isoformat(),
            USHER_EVENT_RECORDS="drop",
        )
        assert "activity_eventcopy_2026_09" not in rows_of_tables(other)
        lines = elsewhere("events").stdout.splitlines()
        assert len(lines) == 400
        assert {json.loads(line)["usher_record"] for line in lines} == {"dropped"}
        assert "400 up to September 2026 are dropped" in elsewhere("doctor").stdout.replace("\n", " ")


@pytest.mark.django_db(transaction=True)
def test_a_page_of_compressed_records_costs_one_query_more_for_a_dictionary_that_is_not_yet_known(
    compress: None, page: Client, org: Workspace
) -> None:
    write(org, *many(SEPTEMBER, 45))

    def queries() -> int:
        with CaptureQueriesContext(database) as captured:
            page.get("/audit-log/")
        return len(captured)

    queries()
    whole = queries()
    close()
    _dictionary.cache_clear()
    assert (queries(), queries()) == (whole + 1, whole)
