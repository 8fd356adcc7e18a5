from django.db import migrations

from usher.platform.postgres.row_security import LimitRows, by_connection, by_row_of


class Migration(migrations.Migration):
    dependencies = [("directory", "0005_scope"), ("removal", "0002_later_facts")]

    operations = [
        LimitRows("removal_case", by_connection()),
        LimitRows("removal_target", by_row_of("removal_case", "case_id")),
        LimitRows("removal_approval", by_row_of("removal_case", "case_id")),
        LimitRows("removal_step", by_row_of("removal_case", "case_id")),
        LimitRows("removal_call", by_row_of("removal_case", "case_id")),
    ]
