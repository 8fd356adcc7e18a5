from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("access", "0009_cache")]

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
    ]
