import django.db.models.deletion
from django.db import migrations, models

from usher.platform.postgres.row_security import LimitRows, by_connection

# A constant default touches no row.
PACKED = "ALTER TABLE activity_auditevent ADD COLUMN packed bytea NOT NULL DEFAULT ''"

# Its owner has to make partitions of both, where Usher runs as another role than the one that migrates (docs/ledger.md).
COPY = """
CREATE TABLE activity_eventcopy (LIKE activity_auditevent INCLUDING ALL) PARTITION BY RANGE (created_at);
DO $$
DECLARE
    worker text := (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = 'activity_auditevent'::regclass);
BEGIN
    IF worker <> current_user THEN
        EXECUTE format('ALTER TABLE activity_eventcopy OWNER TO %I', worker);
    END IF;
END $$;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('activity', '0004_scope'),
        ('connections', '0003_scope'),
    ]

    operations = [
        migrations.RunSQL(PACKED, "ALTER TABLE activity_auditevent DROP COLUMN packed"),
        migrations.RunSQL(COPY, "DROP TABLE activity_eventcopy"),
        migrations.CreateModel(
            name='EventCopy',
            fields=[
                ('pk', models.CompositePrimaryKey('workspace_id', 'gid', 'created_at', blank=True, editable=False, primary_key=True, serialize=False)),
                ('connection_id', models.BigIntegerField()),
                ('workspace_id', models.BigIntegerField()),
                ('gid', models.TextField()),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'db_table': 'activity_eventcopy',
                'managed': False,
            },
        ),
        migrations.CreateModel(
            name='RecordDictionary',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('workspace_id', models.BigIntegerField()),
                ('month', models.DateField(help_text='Its first day, in UTC.')),
                ('checksum', models.BigIntegerField(help_text='Adler-32, by which a compressed record names its dictionary.')),
                ('content', models.BinaryField()),
                ('connection', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='connections.connection')),
            ],
            options={
                'constraints': [models.UniqueConstraint(models.F('connection'), models.F('workspace_id'), models.F('month'), name='record_dictionary_once'), models.UniqueConstraint(models.F('connection'), models.F('checksum'), name='record_dictionary_by_checksum')],
            },
        ),
        migrations.CreateModel(
            name='RecordMonth',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('month', models.DateField(help_text='Its first day, in UTC.')),
                ('outcome', models.CharField(choices=[('compressed', 'Compressed'), ('dropped', 'Dropped')], max_length=10)),
                ('events', models.BigIntegerField()),
                ('bytes_before', models.BigIntegerField(help_text='Of the records, as they were stored before.')),
                ('bytes_after', models.BigIntegerField()),
                ('done_at', models.DateTimeField(help_text='The last time.')),
                ('connection', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='connections.connection')),
            ],
            options={
                'ordering': ('month', 'connection', 'outcome'),
                'constraints': [models.UniqueConstraint(models.F('connection'), models.F('month'), models.F('outcome'), name='record_month_once')],
            },
        ),
        LimitRows("activity_eventcopy", by_connection()),
        LimitRows("activity_recorddictionary", by_connection()),
        LimitRows("activity_recordmonth", by_connection()),
    ]
