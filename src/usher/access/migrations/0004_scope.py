from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models

from usher.platform.postgres.row_security import DROP_FUNCTIONS, FUNCTIONS, NOBODY, SCOPE, VIEWER, LimitRows

# Whoever sees one of the same connections, or all, and oneself.
COLLEAGUES = f"(scope IS NULL OR scope && {SCOPE} OR id = {VIEWER})"


class Migration(migrations.Migration):
    dependencies = [("access", "0003_trail_and_link_makers")]

    operations = [
        migrations.AddField(
            "user",
            "scope",
            ArrayField(
                models.BigIntegerField(),
                null=True,
                size=None,
                help_text="The connections that are seen; null: all.",
            ),
        ),
        migrations.AddField(
            "apitoken",
            "scope",
            ArrayField(
                models.BigIntegerField(),
                null=True,
                size=None,
                help_text="Of what the owner sees, these connections; null: all.",
            ),
        ),
        migrations.RunSQL(FUNCTIONS, DROP_FUNCTIONS),
        LimitRows("access_user", COLLEAGUES),
        LimitRows("access_apitoken", "EXISTS (SELECT FROM access_user seen WHERE seen.id = user_id)"),
        LimitRows("access_trailentry", NOBODY),
        LimitRows("access_signinlink", "EXISTS (SELECT FROM access_user seen WHERE seen.id = user_id)"),
    ]
