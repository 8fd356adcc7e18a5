from django.db import migrations, models

from usher.platform.postgres.row_security import NOBODY, LimitRows, by_connection


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial"), ("access", "0004_scope")]

    operations = [
        migrations.AddField("entry", "connection_id", models.BigIntegerField(
            null=True, help_text="The connection that it is about; null: the installation, or from before 0.2."
        )),
        migrations.AddIndex(
            "entry",
            models.Index(
                condition=models.Q(connection_id__isnull=False),
                fields=["connection_id", "-number"],
                name="ledger_by_connection",
            ),
        ),
        LimitRows("ledger_entry", by_connection()),
        LimitRows("ledger_head", NOBODY),
    ]
