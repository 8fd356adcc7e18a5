from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ledger", "0003_missing_heads")]

    operations = [
        migrations.CreateModel(
            name="LedgerCheck",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                (
                    "checked_to",
                    models.PositiveBigIntegerField(help_text="The number of the last entry that was checked."),
                ),
                (
                    "problem",
                    models.TextField(blank=True, help_text="The first problem; empty if there was none."),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("pk", 1)), name="ledger_has_one_check")
                ],
            },
        ),
    ]
