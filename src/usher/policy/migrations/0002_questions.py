import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

from usher.platform.postgres.row_security import LimitRows, by_connection


class Migration(migrations.Migration):

    dependencies = [
        ('connections', '0004_tokenpace'),
        ('policy', '0001_initial'),
        ('removal', '0005_four_eyes'),
        ('roster', '0005_price_of_a_contract'),
    ]

    operations = [
        migrations.CreateModel(
            name='SeatQuestion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=255)),
                ('address', models.CharField(max_length=320)),
                ('is_to_manager', models.BooleanField(default=False)),
                ('workspaces', models.JSONField(default=list, help_text='The gids of those found.')),
                ('says', models.CharField(help_text='Why they are asked, as the message says it.', max_length=500)),
                ('state', models.CharField(choices=[('asked', 'Asked'), ('kept', 'Needs it'), ('released', 'Released'), ('no_answer', 'No answer'), ('bounced', 'Mail bounced'), ('used', 'Used Asana since'), ('ended', 'No longer asked')], default='asked', max_length=9)),
                ('token_hash', models.CharField(max_length=64, unique=True)),
                ('reminder_hash', models.CharField(max_length=64, null=True, unique=True)),
                ('asked_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('reminded_at', models.DateTimeField(null=True)),
                ('answer_by', models.DateField()),
                ('answered_at', models.DateTimeField(null=True)),
                ('why', models.CharField(blank=True, max_length=500)),
                ('not_again_before', models.DateField(null=True)),
                ('problem', models.CharField(blank=True, help_text='Why no case was opened.', max_length=500)),
                ('case', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='seat_questions', to='removal.case')),
                ('connection', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='connections.connection')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='seat_questions', to='roster.person')),
                ('policy', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='questions', to='policy.policy')),
            ],
            options={
                'ordering': ('-pk',),
                'indexes': [models.Index(models.F('policy'), models.F('state'), name='seat_question_by_state')],
                'constraints': [models.UniqueConstraint(models.F('person'), condition=models.Q(('state', 'asked')), name='one_open_question_per_person')],
            },
        ),
        LimitRows("policy_seatquestion", by_connection()),
    ]
