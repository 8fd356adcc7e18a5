from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('connections', '0004_tokenpace'),
    ]

    operations = [
        migrations.AddField(
            model_name='connection',
            name='holiday_calendar',
            field=models.CharField(blank=True, db_default='', default='', help_text='Whose public holidays are kept: a country or one of its regions, such as “DE-BY”.', max_length=40),
        ),
    ]
