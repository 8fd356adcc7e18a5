from django.db import migrations

from usher.platform.postgres.row_security import LimitRows, by_connection, by_row_of


class Migration(migrations.Migration):
    dependencies = [("connections", "0003_scope"), ("roster", "0002_seatprice")]

    operations = [
        LimitRows("roster_workspace", by_connection()),
        LimitRows("roster_person", by_connection()),
        LimitRows("roster_membership", by_row_of("roster_person", "person_id")),
        LimitRows("roster_change", by_row_of("roster_membership", "membership_id")),
        LimitRows("roster_workspacewalk", by_row_of("roster_workspace", "workspace_id")),
        LimitRows("roster_sighting", by_row_of("roster_workspacewalk", "walk_id")),
        LimitRows("roster_seatcount", by_row_of("roster_workspace", "workspace_id")),
        LimitRows("roster_seatprice", by_connection()),
    ]
