import django.db.models.deletion
from django.db import migrations, models

# Who was protected before stays so.
FILL = """
    UPDATE directory_protected
    SET person_gid = person.gid,
        person_name = COALESCE(NULLIF(person.name, ''), NULLIF(person.email, ''), person.gid)
    FROM roster_person AS person
    WHERE person.id = directory_protected.person_id;
    -- Else the constraint that follows would find events that wait for the end of the transaction.
    SET CONSTRAINTS ALL IMMEDIATE;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("directory", "0001_initial"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="protected", name="protects_a_person_or_a_pattern"),
        migrations.AddField(
            model_name="protected",
            name="person_gid",
            field=models.CharField(blank=True, db_index=True, default="", max_length=32),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="protected",
            name="person_name",
            field=models.CharField(
                blank=True, default="", help_text="When they were put on the list.", max_length=320
            ),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name="protected",
            name="person",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="protections",
                to="roster.person",
            ),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="protected",
            constraint=models.CheckConstraint(
                condition=models.Q(("person_gid", ""), ("pattern", ""), _connector="XOR"),
                name="protects_a_person_or_a_pattern",
            ),
        ),
    ]
