import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from usher.platform.postgres.row_security import LimitRows, by_connection


class Migration(migrations.Migration):
    initial = True

    dependencies = [("connections", "0005_holiday_calendar")]

    operations = [
        migrations.CreateModel(
            name="KeptCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80)),
                (
                    "labels",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=200), size=None
                    ),
                ),
                ("numbers", django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                ("total", models.FloatField()),
                (
                    "connection",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="connections.connection",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        "name", "labels", "connection", nulls_distinct=False, name="one_count_per_series"
                    )
                ],
            },
        ),
        LimitRows("insights_keptcount", by_connection()),
    ]
