from django.db import migrations

from usher.platform.postgres.row_security import VIEWER, LimitRows, by_connection


class Migration(migrations.Migration):
    dependencies = [("access", "0004_scope"), ("connections", "0002_syncrun_events_syncrun_memberships")]

    operations = [
        LimitRows("connections_connection", by_connection("id")),
        LimitRows("connections_credentials", by_connection()),
        LimitRows("connections_connectiontest", by_connection()),
        LimitRows("connections_syncrun", by_connection()),
        LimitRows("connections_connectattempt", f"user_id = {VIEWER} AND (reconnects_id IS NULL OR {by_connection('reconnects_id')})"),
    ]
