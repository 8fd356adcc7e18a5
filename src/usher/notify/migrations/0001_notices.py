import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
import usher.platform.encryption
import uuid
from django.conf import settings
from django.db import migrations, models

from usher.platform.postgres.row_security import NOBODY, VIEWER, LimitRows, by_connection, by_row_of


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('connections', '0004_tokenpace'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Destination',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60, unique=True)),
                ('channel', models.CharField(choices=[('mail', 'E-mail addresses'), ('slack', 'Slack'), ('apprise', 'Microsoft Teams and other chats'), ('webhook', 'Webhook')], max_length=7)),
                ('target', models.CharField(blank=True, help_text='Addresses; a Slack channel; the address of a webhook.', max_length=1000)),
                ('secret', usher.platform.encryption.EncryptedTextField(blank=True, help_text="A bot token, an Apprise URL, or a webhook's secret.")),
                ('old_secret', usher.platform.encryption.EncryptedTextField(blank=True, help_text='Of a webhook: still signs until `old_secret_until`.')),
                ('old_secret_until', models.DateTimeField(null=True)),
                ('signing_secret', usher.platform.encryption.EncryptedTextField(blank=True, help_text="Slack's, which proves that a button was pressed.")),
                ('kinds', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), default=list, size=None)),
                ('is_on', models.BooleanField(default=True)),
                ('off_because', models.CharField(default='', help_text='Why Usher itself switched it off.', max_length=500)),
                ('held_until', models.DateTimeField(help_text='The service asked to wait.', null=True)),
            ],
            options={
                'ordering': ['name', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='NoticeMinimum',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=40, unique=True)),
                ('role', models.CharField(choices=[('viewer', 'Viewer'), ('operator', 'Operator'), ('approver', 'Approver'), ('admin', 'Admin')], max_length=8)),
            ],
        ),
        migrations.CreateModel(
            name='Notice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=40)),
                ('key', models.CharField(max_length=200)),
                ('facts', models.JSONField(default=dict, help_text='What the texts name; never a secret.')),
                ('path', models.CharField(default='', help_text='The address in Usher that it links to.', max_length=500)),
                ('links', usher.platform.encryption.EncryptedTextField(default='', help_text='JSON: links and buttons that only the receiver may have. Gone once it is sent.')),
                ('not_to', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, help_text='Users who know: they did it themselves.', size=None)),
                ('to_users_only', models.BooleanField(default=False)),
                ('told_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('spread_at', models.DateTimeField(help_text='When it was decided who gets it.', null=True)),
                ('connection', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='connections.connection')),
                ('part_of', models.ForeignKey(help_text='One message about several.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='parts', to='notify.notice')),
            ],
        ),
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('address', models.CharField(default='', help_text="The receiver's e-mail address, if there is one.", max_length=320)),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('sending', 'Being sent'), ('sent', 'Sent'), ('failed', 'Failed'), ('bounced', 'Bounced'), ('discarded', 'Discarded')], default='waiting', max_length=9)),
                ('idempotency', models.UUIDField(default=uuid.uuid4, help_text='The same with each attempt: receivers drop a second.')),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('next_attempt_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('begun_at', models.DateTimeField(help_text='Of the last attempt.', null=True)),
                ('was_cut_off', models.BooleanField(default=False, help_text='A process died during an attempt.')),
                ('ended_at', models.DateTimeField(null=True)),
                ('problem', models.CharField(default='', help_text='What went wrong last, for people.', max_length=500)),
                ('remedy', models.CharField(default='', max_length=500)),
                ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('destination', models.ForeignKey(help_text='None: by e-mail.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='notify.destination')),
                ('notice', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='notify.notice')),
            ],
            options={
                'verbose_name_plural': 'deliveries',
            },
        ),
        migrations.CreateModel(
            name='NoticeChoice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=40)),
                ('by_mail', models.BooleanField()),
                ('by_slack', models.BooleanField(default=False)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='notice_choices', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.AddIndex(
            model_name='notice',
            index=models.Index(models.F('id'), condition=models.Q(('spread_at', None)), name='notice_to_spread'),
        ),
        migrations.AddConstraint(
            model_name='notice',
            constraint=models.UniqueConstraint(models.F('kind'), models.F('key'), name='told_once'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(models.F('next_attempt_at'), condition=models.Q(('state__in', ['waiting', 'sending'])), name='delivery_open'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(fields=['state', '-id'], name='delivery_by_state'),
        ),
        migrations.AddConstraint(
            model_name='delivery',
            constraint=models.UniqueConstraint(models.F('notice'), models.F('destination'), models.F('user'), models.F('address'), name='delivered_once', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='noticechoice',
            constraint=models.UniqueConstraint(models.F('user'), models.F('kind'), name='one_choice_per_kind'),
        ),
        LimitRows("notify_notice", by_connection()),
        LimitRows("notify_delivery", by_row_of("notify_notice", "notice_id")),
        LimitRows("notify_destination", NOBODY),
        LimitRows("notify_noticeminimum", NOBODY),
        LimitRows("notify_noticechoice", f"user_id = {VIEWER}"),
    ]
