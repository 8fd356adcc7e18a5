from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("activity", "0005_records")]

    operations = [
        migrations.AlterField(
            "personusage",
            "user_gid",
            models.CharField(
                help_text="Of the type of a person's gid, or the join takes no index.", max_length=32
            ),
        ),
    ]
