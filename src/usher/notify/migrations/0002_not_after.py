from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('notify', '0001_notices'),
    ]

    operations = [
        migrations.AddField(
            model_name='notice',
            name='not_after',
            field=models.DateTimeField(help_text='Too late to be sent from then on.', null=True),
        ),
    ]
