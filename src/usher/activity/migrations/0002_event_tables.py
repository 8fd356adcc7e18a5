"""The tables of events, partitioned by month. Partitions are made when the first event of a month comes."""

from django.db import migrations

AUDIT = """
CREATE TABLE activity_auditevent (
    connection_id bigint NOT NULL,
    workspace_id bigint NOT NULL,
    gid text NOT NULL,
    created_at timestamptz NOT NULL,
    event_type text NOT NULL,
    category text NOT NULL,
    actor_type text NOT NULL,
    actor_gid text NOT NULL,
    resource_type text NOT NULL,
    resource_gid text NOT NULL,
    context_type text NOT NULL,
    ip_address text NOT NULL,
    use smallint NOT NULL,
    raw text NOT NULL,
    PRIMARY KEY (workspace_id, gid, created_at)
) PARTITION BY RANGE (created_at);
CREATE INDEX audit_by_time ON activity_auditevent (workspace_id, created_at);
CREATE INDEX audit_by_actor ON activity_auditevent (connection_id, actor_gid, created_at) WHERE actor_gid <> '';
CREATE INDEX audit_by_resource ON activity_auditevent (connection_id, resource_gid, created_at)
    WHERE resource_type = 'user';
CREATE INDEX audit_by_type ON activity_auditevent (workspace_id, event_type, created_at);
CREATE INDEX audit_by_address ON activity_auditevent (workspace_id, ip_address, created_at)
    WHERE ip_address <> '';
CREATE INDEX audit_by_context ON activity_auditevent (workspace_id, context_type, created_at)
    WHERE context_type <> 'web';
CREATE INDEX audit_automated ON activity_auditevent (workspace_id, created_at) WHERE use = 2;
"""

STREAM = """
CREATE TABLE activity_streamevent (
    connection_id bigint NOT NULL,
    workspace_id bigint NOT NULL,
    user_gid text NOT NULL,
    at timestamptz NOT NULL,
    resource_type text NOT NULL,
    action text NOT NULL
) PARTITION BY RANGE (at);
CREATE INDEX stream_by_person ON activity_streamevent (connection_id, user_gid, at);
"""


class Migration(migrations.Migration):
    dependencies = [("activity", "0001_initial")]

    operations = [
        migrations.RunSQL(AUDIT, "DROP TABLE activity_auditevent"),
        migrations.RunSQL(STREAM, "DROP TABLE activity_streamevent"),
    ]
