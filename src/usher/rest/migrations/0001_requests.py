import django.utils.timezone
from django.db import migrations, models

from usher.platform.postgres.row_security import NOBODY, LimitRows


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='RequestCount',
            fields=[
                ('token', models.CharField(help_text='The hash of the token.', max_length=64, primary_key=True, serialize=False)),
                ('begins_at', models.DateTimeField()),
                ('count', models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='KeptAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('token', models.CharField(help_text='The hash of the token that it was sent with.', max_length=64)),
                ('key', models.CharField(max_length=255)),
                ('fingerprint', models.CharField(help_text='The hash of method, address and body.', max_length=64)),
                ('status', models.PositiveSmallIntegerField(default=0)),
                ('content_type', models.CharField(blank=True, max_length=100)),
                ('body', models.BinaryField(default=b'')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'indexes': [models.Index(models.F('at'), name='kept_answer_by_age')],
                'constraints': [models.UniqueConstraint(models.F('token'), models.F('key'), name='one_answer_for_a_key')],
            },
        ),
        # A count is worthless a minute later, so no change of it waits for a disk.
        migrations.RunSQL("ALTER TABLE rest_requestcount SET UNLOGGED", migrations.RunSQL.noop),
        LimitRows("rest_requestcount", NOBODY),
        LimitRows("rest_keptanswer", NOBODY),
    ]
