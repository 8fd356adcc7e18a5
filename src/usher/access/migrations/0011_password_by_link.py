from django.db import migrations, models

from usher.platform.postgres.row_security import SCOPE, VIEWER, LimitRows

BEFORE = """
ALTER TABLE access_apitoken ENABLE ROW LEVEL SECURITY;
CREATE POLICY scope ON access_apitoken USING ((SELECT usher_sees_all())
    OR EXISTS (SELECT FROM access_user seen WHERE seen.id = user_id));
"""
# One's own, and those of users who see no more than oneself: whoever sees a token may end it.
OF_LESSER = f"EXISTS (SELECT FROM access_user u WHERE u.id = user_id AND (u.id = {VIEWER} OR u.scope <@ {SCOPE}))"


class Migration(migrations.Migration):
    dependencies = [("access", "0010_single_sign_on")]

    operations = [
        migrations.AddField(
            "user",
            "password_by_link_of",
            models.CharField(
                default="",
                help_text="Who made the sign-in link in whose session the password was set.",
                max_length=200,
            ),
        ),
        migrations.AddField("user", "password_by_link_of_id", models.BigIntegerField(null=True)),
        migrations.RunSQL("DROP POLICY scope ON access_apitoken", BEFORE),
        LimitRows("access_apitoken", OF_LESSER),
    ]
