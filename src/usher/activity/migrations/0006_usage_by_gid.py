from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("activity", "0005_records")]

    operations = [
        migrations.AlterField(
            "personusage",
            "user_gid",
            models.CharField(max_length=32),
        ),
    ]
