from django.db import migrations

# An export of the whole organisation was told as a mass export before. Whoever chose where those go chose it for this.
COPY = """
    UPDATE notify_destination SET kinds = kinds || ARRAY['organisation_export']::varchar[]
    WHERE 'mass_export' = ANY (kinds);
    INSERT INTO notify_noticechoice (user_id, kind, by_mail, by_slack)
    SELECT user_id, 'organisation_export', by_mail, by_slack FROM notify_noticechoice WHERE kind = 'mass_export'
    ON CONFLICT DO NOTHING;
    INSERT INTO notify_noticeminimum (kind, role)
    SELECT 'organisation_export', role FROM notify_noticeminimum WHERE kind = 'mass_export'
    ON CONFLICT DO NOTHING;
"""


class Migration(migrations.Migration):
    dependencies = [("notify", "0003_limited_destinations")]

    operations = [migrations.RunSQL(COPY, migrations.RunSQL.noop)]
