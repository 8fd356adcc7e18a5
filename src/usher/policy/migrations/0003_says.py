from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('policy', '0002_questions'),
    ]

    operations = [
        migrations.AddField(
            model_name='policyfinding',
            name='says',
            field=models.CharField(blank=True, db_default='', help_text='What was found, where the rule alone does not say it.', max_length=500),
        ),
    ]
