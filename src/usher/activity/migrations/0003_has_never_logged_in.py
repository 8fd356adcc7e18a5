from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("activity", "0002_event_tables"),
    ]

    operations = [
        migrations.AddField(
            model_name="consolesighting",
            name="has_never_logged_in",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="personusage",
            name="has_logged_in",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="personusage",
            name="never_logged_in_on",
            field=models.DateField(null=True),
        ),
    ]
