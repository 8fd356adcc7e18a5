from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("roster", "0004_indexes")]

    operations = [
        migrations.AddField(
            model_name="seatprice",
            name="is_from_contract",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="A contract says it, and only a change of the contract changes it.",
            ),
        ),
    ]
