import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

from usher.platform.postgres.row_security import LimitRows, by_connection


class Migration(migrations.Migration):

    dependencies = [
        ('connections', '0004_tokenpace'),
        ('removal', '0005_four_eyes'),
    ]

    operations = [
        migrations.AddField(
            model_name='approval',
            name='in_advance',
            field=models.JSONField(db_default=models.Value([], models.JSONField()), default=list, help_text='Who had approved the rule: `name`, `id` and `at`.'),
        ),
        migrations.AddField(
            model_name='approval',
            name='rule',
            field=models.BigIntegerField(help_text='The key of the rule whose approval this is.', null=True),
        ),
        migrations.AddField(
            model_name='approval',
            name='rule_version',
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='guardrails',
            name='rules_may_approve',
            field=models.BooleanField(db_default=False, default=False, help_text='The cases of such a rule run without a person who looks at each. All other limits hold.', verbose_name='a rule that two admins approved stands for this approval'),
        ),
        migrations.CreateModel(
            name='RuleApproval',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rule', models.BigIntegerField()),
                ('version', models.PositiveIntegerField()),
                ('by', models.CharField(max_length=320)),
                ('by_id', models.BigIntegerField()),
                ('via', models.CharField(blank=True, max_length=60)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('ended_at', models.DateTimeField(null=True)),
                ('ended_why', models.CharField(blank=True, max_length=500)),
                ('connection', models.ForeignKey(help_text='Of the rule; empty: all.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='connections.connection')),
            ],
            options={
                'ordering': ('at', 'pk'),
                'constraints': [models.UniqueConstraint(models.F('rule'), models.F('version'), models.F('by_id'), condition=models.Q(('ended_at', None)), name='approves_a_rule_once')],
            },
        ),
        migrations.AddIndex(
            model_name='approval',
            index=models.Index(models.F('rule'), models.F('at'), name='approved_by_rule', condition=models.Q(('rule', None), _negated=True)),
        ),
        LimitRows("removal_ruleapproval", by_connection()),
    ]
