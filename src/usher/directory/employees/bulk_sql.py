"""The SQL with which `bulk` compares and stores a whole list of employees."""

from typing import LiteralString

MAKE_LISTED: LiteralString = """
    CREATE TEMPORARY TABLE listed (
        line integer, address text, key text, external_id text, email text, other_addresses text, name text,
        department text, manager text, kind text, is_active boolean, last_day date, start_date date, on_leave boolean,
        returns_on date, sign_in_off boolean, row_remarks text, name_key text
    ) ON COMMIT DROP
"""

COPY_LISTED: LiteralString = "COPY listed FROM STDIN"

SEVERAL_ROWS: LiteralString = """
    SELECT key, array_agg(line ORDER BY is_here DESC, last_day DESC NULLS LAST, line), min(address), min(name),
           bool_or(NOT is_active OR last_day IS NOT NULL),
           count(*) FILTER (WHERE is_here) > 1 AND count(DISTINCT (
               external_id, email, other_addresses, name, department, manager, kind, is_active, last_day, on_leave
           )) > 1
    FROM (
        SELECT *, is_active AND (last_day IS NULL OR last_day >= %(today)s) AS is_here
        FROM listed WHERE key IN (SELECT key FROM listed GROUP BY key HAVING count(*) > 1)
    ) AS repeated
    GROUP BY key ORDER BY min(line)
"""

COMPARE: LiteralString = """
    SELECT stored.id, stored.ended_at, stored.addresses, stored.name_key, stored.is_listed,
           stored.absence_accepted_at IS NOT NULL,
           stored.key, stored.external_id, stored.email, stored.other_addresses::text, stored.name, stored.department,
           stored.manager, stored.kind, stored.is_active, stored.last_day, stored.start_date, stored.on_leave,
           stored.returns_on, stored.sign_in_off, stored.row_remarks::text,
           listed.key, listed.external_id, listed.email, listed.other_addresses, listed.name, listed.department,
           listed.manager, listed.kind, listed.is_active, listed.last_day, listed.start_date, listed.on_leave,
           listed.returns_on, listed.sign_in_off, listed.row_remarks
    FROM listed
    FULL JOIN (SELECT * FROM directory_employee WHERE source_id = %(source)s) AS stored ON stored.key = listed.key
    WHERE stored.id IS NULL
       OR (listed.key IS NULL AND stored.is_listed AND %(absent)s)
       OR (listed.key IS NOT NULL AND (
              stored.external_id, stored.email, stored.other_addresses, stored.name, stored.department, stored.manager,
              stored.kind, stored.is_active, stored.last_day, stored.start_date, stored.on_leave, stored.returns_on,
              stored.sign_in_off, stored.row_remarks, stored.is_listed
          ) IS DISTINCT FROM (
              listed.external_id, listed.email, listed.other_addresses::jsonb, listed.name, listed.department,
              listed.manager, listed.kind, listed.is_active, listed.last_day, listed.start_date, listed.on_leave,
              listed.returns_on, listed.sign_in_off, listed.row_remarks::jsonb, TRUE
          ))
"""

COUNT_HERE: LiteralString = """
    SELECT count(*) FROM directory_employee
    WHERE source_id = %(source)s AND is_active AND is_listed AND (last_day IS NULL OR last_day >= %(today)s)
"""

# No longer listed, and nobody has said that they left: by this list's predecessors, not by this list.
COUNT_GONE_LATELY: LiteralString = """
    SELECT count(*) FROM directory_employee stored
    WHERE source_id = %(source)s AND is_active AND NOT is_listed AND (last_day IS NULL OR last_day >= %(today)s)
      AND absence_accepted_by = '' AND ended_at > %(since)s
      AND NOT EXISTS (SELECT FROM listed same WHERE same.key = stored.key)
"""

MAKE_CHANGED: LiteralString = """
    CREATE TEMPORARY TABLE changed (
        employee_id bigint, key text, external_id text, email text, other_addresses text, name text,
        department text, manager text, kind text, is_active boolean, last_day date, start_date date,
        on_leave boolean, returns_on date, sign_in_off boolean, row_remarks text, is_listed boolean,
        absence_accepted boolean,
        ended_at timestamptz, addresses text[], local_parts text[], name_key text, kind_of_change text, fields text
    ) ON COMMIT DROP
"""

COPY_CHANGED: LiteralString = "COPY changed FROM STDIN"

ADD_EMPLOYEES: LiteralString = """
    INSERT INTO directory_employee (
        source_id, key, external_id, email, other_addresses, name, department, manager, kind, is_active, last_day,
        start_date, on_leave, returns_on, sign_in_off, row_remarks, is_listed, ended_at, addresses, local_parts,
        name_key, past_addresses, absence_accepted_by, details, first_seen_at, changed_at
    )
    SELECT %(source)s, key, external_id, email, other_addresses::jsonb, name, department, manager, kind, is_active,
           last_day, start_date, on_leave, returns_on, sign_in_off, row_remarks::jsonb, is_listed, ended_at, addresses,
           local_parts, name_key, '{}', '', '{}', %(now)s, %(now)s
    FROM changed WHERE employee_id IS NULL
"""

UPDATE_EMPLOYEES: LiteralString = """
    UPDATE directory_employee stored SET
        external_id = changed.external_id, email = changed.email, name = changed.name,
        other_addresses = changed.other_addresses::jsonb, department = changed.department,
        manager = changed.manager, kind = changed.kind, is_active = changed.is_active,
        last_day = changed.last_day, start_date = changed.start_date, on_leave = changed.on_leave,
        returns_on = changed.returns_on, sign_in_off = changed.sign_in_off, row_remarks = changed.row_remarks::jsonb,
        is_listed = changed.is_listed, ended_at = changed.ended_at,
        absence_accepted_at = CASE WHEN changed.absence_accepted THEN coalesce(stored.absence_accepted_at, %(now)s) END,
        absence_accepted_by = CASE WHEN changed.absence_accepted THEN stored.absence_accepted_by ELSE '' END,
        past_addresses = ARRAY(
            SELECT DISTINCT address FROM unnest((stored.past_addresses || stored.addresses)::text[]) AS address
            WHERE address <> ALL (changed.addresses) LIMIT 50
        ),
        addresses = changed.addresses, local_parts = changed.local_parts, name_key = changed.name_key,
        changed_at = %(now)s
    FROM changed WHERE stored.id = changed.employee_id
"""

NOTE_CHANGES: LiteralString = """
    INSERT INTO directory_employeechange (employee_id, batch_id, kind, fields, seen_at)
    SELECT stored.id, %(batch)s, changed.kind_of_change, changed.fields::jsonb, %(now)s
    FROM changed JOIN directory_employee stored ON stored.source_id = %(source)s AND stored.key = changed.key
"""
