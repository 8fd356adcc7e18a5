"""The SQL by which a whole list of employees is compared and stored: see `loading`."""

from typing import LiteralString

MAKE_LISTED: LiteralString = """
    CREATE TEMPORARY TABLE listed (
        line integer, address text, key text, external_id text, email text, other_addresses text, name text,
        department text, manager text, kind text, is_active boolean, last_day date
    ) ON COMMIT DROP
"""

COPY_LISTED: LiteralString = "COPY listed FROM STDIN"

SEVERAL_ROWS: LiteralString = """
    SELECT key, array_agg(line ORDER BY is_here DESC, last_day DESC NULLS LAST, line), min(address), min(name),
           count(*) FILTER (WHERE is_here) > 1 AND count(DISTINCT (
               external_id, email, other_addresses, name, department, manager, kind, is_active, last_day
           )) > 1
    FROM (
        SELECT *, is_active AND (last_day IS NULL OR last_day >= %(today)s) AS is_here
        FROM listed WHERE key IN (SELECT key FROM listed GROUP BY key HAVING count(*) > 1)
    ) AS repeated
    GROUP BY key ORDER BY min(line)
"""

# A file that has got, or lost, its column of employee IDs tells the same people apart in another way.
FIND_NEW_KEYS: LiteralString = """
    SELECT known.key, min(listed.key)
    FROM directory_employee known
    JOIN listed ON listed.address = known.addresses[1]
    WHERE known.source_id = %(source)s AND (known.key = known.addresses[1] OR listed.key = listed.address)
      AND NOT EXISTS (SELECT FROM listed same WHERE same.key = known.key)
      AND NOT EXISTS (
          SELECT FROM directory_employee same WHERE same.source_id = %(source)s AND same.key = listed.key
      )
    GROUP BY known.key
    HAVING count(DISTINCT listed.key) = 1
"""

TAKE_NEW_KEYS: LiteralString = """
    UPDATE directory_employee known SET key = renamed.new
    FROM unnest(%(old)s::text[], %(new)s::text[]) AS renamed (old, new)
    WHERE known.source_id = %(source)s AND known.key = renamed.old
"""

COMPARE: LiteralString = """
    SELECT known.id, known.ended_at, known.addresses, known.name_key, known.is_listed,
           known.key, known.external_id, known.email, known.other_addresses::text, known.name, known.department,
           known.manager, known.kind, known.is_active, known.last_day,
           listed.key, listed.external_id, listed.email, listed.other_addresses, listed.name, listed.department,
           listed.manager, listed.kind, listed.is_active, listed.last_day
    FROM listed
    FULL JOIN (SELECT * FROM directory_employee WHERE source_id = %(source)s) AS known ON known.key = listed.key
    WHERE known.id IS NULL
       OR (listed.key IS NULL AND known.is_listed AND %(lists_everyone)s)
       OR (listed.key IS NOT NULL AND (
              known.external_id, known.email, known.other_addresses, known.name, known.department, known.manager,
              known.kind, known.is_active, known.last_day, known.is_listed
          ) IS DISTINCT FROM (
              listed.external_id, listed.email, listed.other_addresses::jsonb, listed.name, listed.department,
              listed.manager, listed.kind, listed.is_active, listed.last_day, TRUE
          ))
"""

COUNT_HERE: LiteralString = """
    SELECT count(*) FROM directory_employee
    WHERE source_id = %(source)s AND is_active AND is_listed AND (last_day IS NULL OR last_day >= %(today)s)
"""

MAKE_CHANGED: LiteralString = """
    CREATE TEMPORARY TABLE changed (
        employee_id bigint, key text, external_id text, email text, other_addresses text, name text,
        department text, manager text, kind text, is_active boolean, last_day date, is_listed boolean,
        ended_at timestamptz, addresses text[], local_parts text[], name_key text, step text, fields text
    ) ON COMMIT DROP
"""

COPY_CHANGED: LiteralString = "COPY changed FROM STDIN"

ADD_EMPLOYEES: LiteralString = """
    INSERT INTO directory_employee (
        source_id, key, external_id, email, other_addresses, name, department, manager, kind, is_active, last_day,
        is_listed, ended_at, addresses, local_parts, name_key, details, first_seen_at, changed_at
    )
    SELECT %(source)s, key, external_id, email, other_addresses::jsonb, name, department, manager, kind, is_active,
           last_day, is_listed, ended_at, addresses, local_parts, name_key, '{}', %(now)s, %(now)s
    FROM changed WHERE employee_id IS NULL
"""

UPDATE_EMPLOYEES: LiteralString = """
    UPDATE directory_employee known SET
        external_id = changed.external_id, email = changed.email, name = changed.name,
        other_addresses = changed.other_addresses::jsonb, department = changed.department,
        manager = changed.manager, kind = changed.kind, is_active = changed.is_active,
        last_day = changed.last_day, is_listed = changed.is_listed, ended_at = changed.ended_at,
        addresses = changed.addresses, local_parts = changed.local_parts, name_key = changed.name_key,
        changed_at = %(now)s
    FROM changed WHERE known.id = changed.employee_id
"""

NOTE_CHANGES: LiteralString = """
    INSERT INTO directory_employeechange (employee_id, batch_id, kind, fields, seen_at)
    SELECT known.id, %(batch)s, changed.step, changed.fields::jsonb, %(now)s
    FROM changed JOIN directory_employee known ON known.source_id = %(source)s AND known.key = changed.key
"""
