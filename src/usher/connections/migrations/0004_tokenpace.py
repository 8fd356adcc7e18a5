import django.contrib.postgres.fields
from django.db import migrations, models

from usher.platform.postgres.row_security import NOBODY, LimitRows

# Not logged: what it holds is worthless a minute later, and no change of it waits for a disk.
# Each row has a page of its own, in which its versions follow each other.
STORAGE = "ALTER TABLE connections_tokenpace SET UNLOGGED; ALTER TABLE connections_tokenpace SET (fillfactor = 10)"


class Migration(migrations.Migration):
    dependencies = [("connections", "0003_scope")]

    operations = [
        migrations.CreateModel(
            name="TokenPace",
            fields=[
                ("key", models.CharField(help_text="A keyed hash: nobody reads a token from it.", max_length=64, primary_key=True, serialize=False)),
                ("slot", models.BigIntegerField(default=0, help_text="The newest slot of `sent`, in tenths of a second.")),
                ("sent", django.contrib.postgres.fields.ArrayField(base_field=models.SmallIntegerField(), help_text="Calls by slot, the newest first.", size=None)),
                ("second", models.BigIntegerField(default=0, help_text="The newest second of `reads` and `writes`.")),
                ("reads", django.contrib.postgres.fields.ArrayField(base_field=models.SmallIntegerField(), help_text="Not ended yet, by the second in which they began.", size=None)),
                ("writes", django.contrib.postgres.fields.ArrayField(base_field=models.SmallIntegerField(), size=None)),
                ("paused_until", models.DateTimeField(help_text="Asana asked for it.", null=True)),
            ],
        ),
        migrations.RunSQL(STORAGE, migrations.RunSQL.noop),
        LimitRows("connections_tokenpace", NOBODY),
    ]
