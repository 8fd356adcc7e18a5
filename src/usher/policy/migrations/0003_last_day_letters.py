import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

from usher.platform.postgres.row_security import LimitRows, by_connection


class Migration(migrations.Migration):

    dependencies = [
        ('connections', '0004_tokenpace'),
        ('policy', '0002_questions'),
        ('roster', '0005_price_of_a_contract'),
    ]

    operations = [
        migrations.AddField(
            model_name='policyrun',
            name='note',
            field=models.TextField(blank=True, db_default='', default='', help_text='What has to be known of the list as a whole.'),
        ),
        migrations.AddField(
            model_name='policyfinding',
            name='detail',
            field=models.CharField(blank=True, db_default='', default='', help_text='What else the run saw of them.', max_length=500),
        ),
        migrations.CreateModel(
            name='LastDayLetter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=255)),
                ('address', models.CharField(max_length=320)),
                ('last_day', models.DateField()),
                ('sent_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('in_slack', models.BooleanField(default=False)),
                ('mailed_instead', models.BooleanField(default=False, help_text='Slack did not know them.')),
                ('things', models.JSONField(default=list, help_text='What the message names.')),
                ('connection', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='connections.connection')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='last_day_letters', to='roster.person')),
                ('policy', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='letters', to='policy.policy')),
            ],
            options={
                'ordering': ('-pk',),
                'indexes': [models.Index(models.F('sent_at'), name='last_day_letter_by_time')],
                'constraints': [models.UniqueConstraint(models.F('person'), models.F('last_day'), name='written_once_for_a_last_day')],
            },
        ),
        LimitRows("policy_lastdayletter", by_connection()),
    ]
