"""A whole list of employees against what is stored: what would change, and making it so.

The list goes into a temporary table and comes back beside what is stored, a few thousand at a time: neither is ever
whole in memory. What a difference means is decided where it is for one employee: in `records`.
"""

from collections.abc import Iterable, Iterator, Set
from datetime import UTC, datetime
from typing import LiteralString

import msgspec
from django.db import connection as database

from usher.directory.models import Employee, EmployeeChange, Import, Source, status_on
from usher.directory.records import Comparable, Difference, EmployeeRecord, comparable, difference

BATCH = 5_000

COLUMNS: LiteralString = (
    "key, external_id, email, other_addresses, name, department, manager, kind, is_active, last_day"
)

MAKE_LISTED: LiteralString = """
    CREATE TEMPORARY TABLE listed (
        line integer, key text, external_id text, email text, other_addresses text, name text, department text,
        manager text, kind text, is_active boolean, last_day date
    ) ON COMMIT DROP
"""

COPY_LISTED: LiteralString = f"COPY listed (line, {COLUMNS}) FROM STDIN"

SEVERAL_ROWS: LiteralString = f"""
    SELECT key, array_agg(line ORDER BY is_here DESC, last_day DESC NULLS LAST, line), min(email), min(name),
           count(*) FILTER (WHERE is_here), count(DISTINCT (({COLUMNS})))
    FROM (
        SELECT *, is_active AND (last_day IS NULL OR last_day >= %(today)s) AS is_here
        FROM listed WHERE key IN (SELECT key FROM listed GROUP BY key HAVING count(*) > 1)
    ) AS repeated
    GROUP BY key
"""

# A file that has got, or lost, its column of employee IDs tells the same people apart in another way.
TAKE_NEW_KEYS: LiteralString = """
    UPDATE directory_employee known SET key = listed.key
    FROM listed, unnest(%(old)s::text[], %(new)s::text[]) AS renamed (old, new)
    WHERE known.source_id = %(source)s AND known.key = renamed.old AND listed.key = renamed.new
"""

FIND_NEW_KEYS: LiteralString = """
    SELECT known.key, min(listed.key)
    FROM directory_employee known
    JOIN listed ON listed.address = known.addresses[1]
    WHERE known.source_id = %(source)s AND known.addresses[1] IS NOT NULL
      AND NOT EXISTS (SELECT FROM listed same WHERE same.key = known.key)
      AND NOT EXISTS (
          SELECT FROM directory_employee same WHERE same.source_id = %(source)s AND same.key = listed.key
      )
    GROUP BY known.key
    HAVING count(DISTINCT listed.key) = 1
"""

COMPARE: LiteralString = """
    SELECT known.id, known.ended_at, known.addresses, known.name_key, known.is_listed,
           known.key, known.external_id, known.email, known.other_addresses::text, known.name, known.department,
           known.manager, known.kind, known.is_active, known.last_day,
           listed.key, listed.external_id, listed.email, listed.other_addresses, listed.name, listed.department,
           listed.manager, listed.kind, listed.is_active, listed.last_day
    FROM listed
    FULL JOIN (SELECT * FROM directory_employee WHERE source_id = %(source)s) AS known ON known.key = listed.key
    WHERE (listed.key IS NULL AND known.is_listed AND %(lists_everyone)s) OR known.id IS NULL OR (
        known.external_id, known.email, known.other_addresses, known.name, known.department, known.manager,
        known.kind, known.is_active, known.last_day, known.is_listed
    ) IS DISTINCT FROM (
        listed.external_id, listed.email, listed.other_addresses::jsonb, listed.name, listed.department,
        listed.manager, listed.kind, listed.is_active, listed.last_day, listed.key IS NOT NULL
    ) AND listed.key IS NOT NULL
"""
