from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('removal', '0007_licence_pauses'),
    ]

    operations = [
        migrations.AlterField(
            model_name='case',
            name='cause',
            field=models.CharField(choices=[('directory', 'Left per directory'), ('idle', 'Idle seat'), ('released', 'Seat released'), ('hand', 'Selected by hand')], default='hand', max_length=9),
        ),
    ]
