import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('notify', '0002_not_after'),
    ]

    operations = [
        migrations.AddField(
            model_name='destination',
            name='connections',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), help_text='Told of what concerns these alone. Empty: of everything.', null=True, size=None),
        ),
        migrations.AlterField(
            model_name='notice',
            name='to_users_only',
            field=models.BooleanField(default=False, help_text='Destinations that are not limited were told in another way.'),
        ),
    ]
