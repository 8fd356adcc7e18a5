import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

from usher.platform.postgres.row_security import LimitRows, by_connection, by_row_of


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('connections', '0004_tokenpace'),
        ('removal', '0005_four_eyes'),
        ('roster', '0004_indexes'),
    ]

    operations = [
        migrations.CreateModel(
            name='UnknownPerson',
            fields=[
                ('person', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='roster.person')),
                ('since', models.DateField()),
            ],
        ),
        migrations.CreateModel(
            name='Policy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100, unique=True)),
                ('definition', models.JSONField()),
                ('version', models.PositiveIntegerField(default=1, help_text='Counts the changes of the definition.')),
                ('state', models.CharField(choices=[('off', 'Off'), ('watching', 'Watching'), ('acting', 'Acting'), ('asking', 'Stopped, asks')], default='off', max_length=8)),
                ('state_since', models.DateTimeField(default=django.utils.timezone.now)),
                ('question', models.TextField(blank=True, help_text='Why it stopped to ask.')),
                ('made_by', models.CharField(max_length=320)),
                ('switched_on_by', models.JSONField(default=list, help_text='Who wrote this version, and who switched it to acting: `name` and `id`. They cannot approve its cases.')),
                ('made_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('connection', models.ForeignKey(help_text='Empty: all.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='policies', to='connections.connection')),
            ],
            options={
                'verbose_name_plural': 'policies',
                'ordering': ('name',),
            },
        ),
        migrations.CreateModel(
            name='PolicyRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(help_text="In the connection's time zone.")),
                ('version', models.PositiveIntegerField()),
                ('is_acting', models.BooleanField()),
                ('state', models.CharField(choices=[('running', 'Running'), ('done', 'Done'), ('asking', 'Stopped, asks'), ('skipped', 'Not run')], default='running', max_length=8)),
                ('started_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('finished_at', models.DateTimeField(null=True)),
                ('found', models.PositiveIntegerField(default=0)),
                ('left_out', models.PositiveIntegerField(default=0)),
                ('done', models.PositiveIntegerField(default=0)),
                ('problem', models.TextField(blank=True)),
                ('are_right', models.BooleanField(default=False, help_text='Of a run that asked: a person answered that so many are right, for the next one.')),
                ('connection', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='policy_runs', to='connections.connection')),
                ('policy', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='runs', to='policy.policy')),
            ],
            options={
                'ordering': ('-pk',),
            },
        ),
        migrations.CreateModel(
            name='PolicyFinding',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=255)),
                ('email', models.CharField(blank=True, max_length=320)),
                ('done', models.CharField(blank=True, max_length=200)),
                ('left_out', models.CharField(blank=True, max_length=500)),
                ('case', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='policy_findings', to='removal.case')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='policy_findings', to='roster.person')),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='findings', to='policy.policyrun')),
            ],
        ),
        migrations.CreateModel(
            name='PolicyTrial',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField()),
                ('state', models.CharField(choices=[('waiting', 'Being tried'), ('done', 'Tried'), ('failed', 'Failed')], default='waiting', max_length=7)),
                ('today', models.DateField(null=True)),
                ('days', models.PositiveSmallIntegerField(default=0)),
                ('made_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('problem', models.TextField(blank=True)),
                ('policy', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='trials', to='policy.policy')),
            ],
            options={
                'ordering': ('-pk',),
            },
        ),
        migrations.CreateModel(
            name='TrialStretch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('first', models.DateField()),
                ('last', models.DateField()),
                ('left_out', models.CharField(blank=True, max_length=200)),
                ('membership', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='roster.membership')),
                ('trial', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='stretches', to='policy.policytrial')),
            ],
        ),
        migrations.AddIndex(
            model_name='policyrun',
            index=models.Index(models.F('policy'), models.F('connection'), models.F('day'), name='policy_run_by_day'),
        ),
        migrations.AddIndex(
            model_name='policyfinding',
            index=models.Index(models.F('name'), name='policy_finding_by_name'),
        ),
        migrations.AddConstraint(
            model_name='policyfinding',
            constraint=models.UniqueConstraint(models.F('run'), models.F('person'), name='found_once_per_run'),
        ),
        migrations.AddConstraint(
            model_name='policytrial',
            constraint=models.UniqueConstraint(models.F('policy'), condition=models.Q(('state', 'waiting')), name='one_trial_at_a_time'),
        ),
        migrations.AddIndex(
            model_name='trialstretch',
            index=models.Index(models.F('trial'), models.F('last'), models.F('first'), name='trial_stretch_by_day'),
        ),
        LimitRows("policy_policy", by_connection()),
        LimitRows("policy_policyrun", by_connection()),
        LimitRows("policy_policyfinding", by_row_of("policy_policyrun", "run_id")),
        LimitRows("policy_policytrial", by_row_of("policy_policy", "policy_id")),
        LimitRows("policy_trialstretch", by_row_of("policy_policytrial", "trial_id")),
        LimitRows("policy_unknownperson", by_row_of("roster_person", "person_id")),
    ]
