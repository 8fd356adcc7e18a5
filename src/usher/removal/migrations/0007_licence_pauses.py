import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

from usher.platform.postgres.row_security import LimitRows, by_connection


class Migration(migrations.Migration):

    dependencies = [
        ('connections', '0004_tokenpace'),
        ('removal', '0006_in_advance'),
        ('roster', '0005_price_of_a_contract'),
    ]

    operations = [
        migrations.CreateModel(
            name='LicencePause',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('why', models.CharField(max_length=1000)),
                ('put_by', models.CharField(max_length=320)),
                ('put_by_id', models.BigIntegerField(help_text='The key of the user; empty for rules.', null=True)),
                ('put_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('ticked_by', models.CharField(blank=True, max_length=320)),
                ('ticked_at', models.DateTimeField(help_text='When somebody said that it is done in Asana.', null=True)),
                ('paused_at', models.DateTimeField(help_text='Of the event in the audit log.', null=True)),
                ('billed_at', models.DateTimeField(help_text='When the pause ended, as the audit log shows.', null=True)),
                ('ended_by_sign_in', models.BooleanField(default=False)),
                ('taken_off_by', models.CharField(blank=True, max_length=320)),
                ('taken_off_at', models.DateTimeField(null=True)),
                ('taken_off_why', models.CharField(blank=True, max_length=1000)),
                ('connection', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='licence_pauses', to='connections.connection')),
                ('membership', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='licence_pauses', to='roster.membership')),
            ],
            options={
                'ordering': ('-pk',),
                'indexes': [models.Index(models.F('put_at'), name='licence_pause_by_time')],
                'constraints': [models.UniqueConstraint(models.F('membership'), condition=models.Q(('billed_at', None), ('taken_off_at', None)), name='once_on_the_list_of_pauses')],
            },
        ),
        LimitRows("removal_licencepause", by_connection()),
    ]
