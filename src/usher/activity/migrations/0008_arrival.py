"""Audit log events get a number in the order in which they are stored, so that whoever reads them on misses none.

Those that are stored already have none: the column gets its default afterwards, which touches no row.
"""

from django.db import migrations

# One number at a time (CACHE 1, the default): numbers that a session keeps for later would break the order.
ARRIVAL = """
CREATE SEQUENCE activity_auditevent_arrival AS bigint;
ALTER TABLE activity_auditevent ADD COLUMN arrival bigint;
ALTER TABLE activity_auditevent ALTER COLUMN arrival SET DEFAULT nextval('activity_auditevent_arrival');
CREATE INDEX audit_by_arrival ON activity_auditevent (arrival) WHERE arrival IS NOT NULL;
ALTER TABLE activity_eventcopy ADD COLUMN arrival bigint;
CREATE INDEX eventcopy_by_arrival ON activity_eventcopy (arrival) WHERE arrival IS NOT NULL;
DO $$
DECLARE
    worker text := (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = 'activity_auditevent'::regclass);
BEGIN
    IF worker <> current_user THEN
        EXECUTE format('ALTER SEQUENCE activity_auditevent_arrival OWNER TO %I', worker);
    END IF;
END $$;
ALTER SEQUENCE activity_auditevent_arrival OWNED BY activity_auditevent.arrival;
"""
BACK = """
ALTER TABLE activity_auditevent DROP COLUMN arrival;
ALTER TABLE activity_eventcopy DROP COLUMN arrival;
"""


class Migration(migrations.Migration):

    dependencies = [("activity", "0007_listed")]

    operations = [migrations.RunSQL(ARRIVAL, BACK)]
