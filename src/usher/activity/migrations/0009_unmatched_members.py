"""People in a member CSV who are nobody in Usher are kept, so that both can be compared."""

import django.db.models.deletion
from django.db import migrations, models

import usher.platform.encryption
from usher.platform.postgres.row_security import LimitRows, by_row_of


class Migration(migrations.Migration):
    dependencies = [("activity", "0008_arrival")]

    operations = [
        migrations.AddField(
            "consoleimport",
            "keeps_unmatched",
            models.BooleanField(
                db_default=False,
                default=False,
                help_text="Whether rows about nobody in Usher are kept. Not of a file that was not the newest, nor of"
                " one that an older version imported.",
            ),
        ),
        migrations.CreateModel(
            "UnmatchedMember",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("line", models.PositiveIntegerField(help_text="Of the file, as a spreadsheet counts.")),
                ("gid", models.CharField(blank=True, max_length=32)),
                ("email", usher.platform.encryption.EncryptedTextField(blank=True)),
                ("name", usher.platform.encryption.EncryptedTextField(blank=True)),
                ("joined_on", models.DateField(null=True)),
                ("first_login_on", models.DateField(null=True)),
                ("last_activity_on", models.DateField(null=True)),
                ("has_never_logged_in", models.BooleanField(default=False)),
                (
                    "console_import",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="unmatched",
                        to="activity.consoleimport",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint("console_import", "line", name="unmatched_once_a_line")]
            },
        ),
        LimitRows("activity_unmatchedmember", by_row_of("activity_consoleimport", "console_import_id")),
    ]
