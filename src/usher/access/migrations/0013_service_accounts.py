import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from usher.platform.postgres.row_security import SCOPE, LimitRows

# Whoever is limited manages those that see no more than they do.
OF_LESSER = f"EXISTS (SELECT FROM access_user u WHERE u.id = account_id AND u.scope <@ {SCOPE})"


class Migration(migrations.Migration):

    dependencies = [
        ('access', '0012_scope_by_groups'),
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='ServiceAccount',
            fields=[
                ('account', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='service', serialize=False, to=settings.AUTH_USER_MODEL)),
                ('purpose', models.CharField(max_length=300)),
                ('permissions', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), help_text='Values of TokenPermission, never “approve”.', size=None)),
                ('ends_at', models.DateTimeField(help_text='From then on, none of its tokens works.')),
            ],
        ),
        migrations.AlterModelManagers(
            name='user',
            managers=[
            ],
        ),
        migrations.AddField(
            model_name='user',
            name='is_service',
            field=models.BooleanField(db_default=False, default=False, help_text='No person: it never signs in.'),
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.CheckConstraint(condition=models.Q(('is_service', False), models.Q(('email', ''), ('password__startswith', '!')), _connector='OR'), name='service_accounts_never_sign_in'),
        ),
        migrations.AddField(
            model_name='serviceaccount',
            name='contact',
            field=models.ForeignKey(help_text='Who is told of its tokens.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='serviceaccount',
            constraint=models.CheckConstraint(condition=models.Q(('permissions__contains', ['approve']), _negated=True), name='service_accounts_never_approve'),
        ),
        LimitRows('access_serviceaccount', OF_LESSER),
    ]
