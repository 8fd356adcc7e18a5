from datetime import datetime, timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models
from django.utils import timezone


def in_90_days() -> datetime:
    return timezone.now() + timedelta(days=90)


def all_permissions() -> list[str]:
    return ["administer", "approve", "open_cases", "read"]


class Migration(migrations.Migration):
    dependencies = [("access", "0007_attempts_and_devices")]

    operations = [
        migrations.AddField("apitoken", "last_used_from", models.GenericIPAddressField(null=True)),
        migrations.AddField(
            "apitoken",
            "was_given_end",
            models.BooleanField(
                default=False, help_text="By the upgrade to the first version whose tokens end."
            ),
        ),
        migrations.AddField(
            "apitoken",
            "owner_told_at",
            models.DateTimeField(null=True, help_text="That it ends soon."),
        ),
        # Tokens that exist keep doing what they do, for 90 days.
        migrations.AddField(
            "apitoken", "expires_at", models.DateTimeField(default=in_90_days), preserve_default=False
        ),
        migrations.AddField(
            "apitoken",
            "permissions",
            ArrayField(
                models.CharField(max_length=20),
                default=all_permissions,
                help_text="Values of TokenPermission.",
                size=None,
            ),
            preserve_default=False,
        ),
        migrations.RunSQL("UPDATE access_apitoken SET was_given_end = true", migrations.RunSQL.noop),
    ]
