"""A database in which every metric has a value, and what Prometheus's own tool says."""

import shutil
import subprocess
from datetime import timedelta

from django.db import connection as database
from django.utils import timezone

from tests.support.activity.written_events import watched
from tests.support.roster.people import a_connection, a_workspace
from usher.asana import CallSeen
from usher.connections.models import SyncRun
from usher.connections.observing import observer
from usher.insights.health.kept_counts import keep_counts
from usher.ledger.actors import SYSTEM
from usher.ledger.last_check import verify_and_keep
from usher.ledger.record import record
from usher.platform.following import counting
from usher.platform.following.counting import CountedSeries

PROMTOOL = shutil.which("promtool") or ""
PROMTOOL_MISSING = not PROMTOOL


def promtool(*arguments: str, given: bytes = b"") -> tuple[int, str]:
    """Its exit code, and all that it prints."""
    done = subprocess.run([PROMTOOL, *arguments], input=given, capture_output=True, check=False)
    return done.returncode, (done.stdout + done.stderr).decode()


def furnish() -> None:
    acme, now = a_connection('Acme "x" \\ Ü'), timezone.now()
    SyncRun.objects.create(
        connection=acme, state="done", started_at=now - timedelta(minutes=5), finished_at=now
    )
    for source in ("audit", "stream"):
        watched(a_workspace(acme), source, now - timedelta(days=1))
    for status in (200, 429, 500, None):
        observer(acme.pk)(CallSeen(began=0, seconds=0.1, method="GET", path="/users/1", status=status))
    counting.timed(CountedSeries("pages", ("people",)), 0.1)
    counting.count(CountedSeries("responses", ("2xx",)))
    keep_counts()
    record(SYSTEM, "settings.keys_rotated", "keys")
    verify_and_keep()
    with database.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now())")
