import django.db.models.deletion
from django.db import migrations, models

from usher.platform.postgres.row_security import LimitRows, by_connection


class Migration(migrations.Migration):
    dependencies = [("connections", "0004_tokenpace"), ("directory", "0007_listed_standing")]

    operations = [
        migrations.CreateModel(
            name="MatchedConnection",
            fields=[
                (
                    "connection",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="connections.connection",
                    ),
                ),
                ("day", models.DateField(help_text="As of which last days were looked at.")),
                (
                    "inputs",
                    models.CharField(
                        help_text="Of its people and domains: see `matching.after_sync`.", max_length=80
                    ),
                ),
            ],
        ),
        LimitRows("directory_matchedconnection", by_connection()),
    ]
