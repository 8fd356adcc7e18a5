from django.db import migrations

from usher.platform.postgres.row_security import LimitRows, by_connection, by_row_of


class Migration(migrations.Migration):
    dependencies = [("roster", "0003_scope"), ("activity", "0003_has_never_logged_in")]

    operations = [
        LimitRows("activity_auditevent", by_connection()),
        LimitRows("activity_streamevent", by_connection()),
        LimitRows("activity_auditwindow", by_row_of("roster_workspace", "workspace_id")),
        LimitRows("activity_coverage", by_row_of("roster_workspace", "workspace_id")),
        LimitRows("activity_streamcursor", by_row_of("roster_workspace", "workspace_id")),
        LimitRows("activity_eventtypeseen", by_connection()),
        LimitRows("activity_touched", by_connection()),
        LimitRows("activity_session", by_connection()),
        LimitRows("activity_activeday", by_connection()),
        LimitRows("activity_personusage", by_connection()),
        LimitRows("activity_perioduse", by_connection()),
        LimitRows("activity_usagestate", by_connection()),
        LimitRows("activity_consoleimport", by_connection()),
        LimitRows("activity_consoleupload", by_connection()),
        LimitRows("activity_consolesighting", by_row_of("activity_consoleimport", "console_import_id")),
    ]
