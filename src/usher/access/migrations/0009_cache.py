"""The table of Django's database cache, which all processes share: used codes, and how often somebody tried."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('access', '0008_tokens_end'),
    ]

    operations = [
        migrations.RunSQL(
            """
            CREATE TABLE usher_cache (
                cache_key varchar(255) NOT NULL PRIMARY KEY,
                value text NOT NULL,
                expires timestamp with time zone NOT NULL
            );
            CREATE INDEX usher_cache_expires ON usher_cache (expires);
            """,
            'DROP TABLE usher_cache',
        ),
    ]
