"""Cases of questions that were answered “Release the seat”, before there was a cause of its own for them."""

from django.db import migrations

MARK_RELEASED = """
    UPDATE removal_case SET cause = 'released'
    WHERE cause = 'idle'
      AND id IN (SELECT case_id FROM policy_seatquestion WHERE state = 'released' AND case_id IS NOT NULL)
"""
BACK = "UPDATE removal_case SET cause = 'idle' WHERE cause = 'released'"


class Migration(migrations.Migration):

    dependencies = [
        ('policy', '0003_last_day_letters'),
        ('removal', '0008_released'),
    ]

    operations = [
        migrations.RunSQL(MARK_RELEASED, BACK),
    ]
