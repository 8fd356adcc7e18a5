from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("connections", "0005_holiday_calendar")]

    operations = [
        migrations.AddField(
            model_name="connection",
            name="requires_sso",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Members have to sign in to Asana by single sign-on: whoever does not is told.",
            ),
        ),
    ]
