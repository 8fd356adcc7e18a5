import django.contrib.postgres.fields
import django.utils.timezone
from django.db import migrations, models

import usher.platform.encryption
from usher.platform.postgres.row_security import NOBODY, LimitRows


class Migration(migrations.Migration):

    initial = True

    # The functions of row security, and the numbers that a cursor holds.
    dependencies = [("access", "0004_scope"), ("activity", "0008_arrival")]

    operations = [
        migrations.CreateModel(
            name="StreamDestination",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(choices=[("splunk", "Splunk (HTTP Event Collector)"), ("elastic", "Elasticsearch or OpenSearch"), ("datadog", "Datadog"), ("lines", "JSON Lines over HTTP"), ("syslog", "Syslog over TLS"), ("folder", "Files in a folder"), ("s3", "Files in S3")], max_length=8)),
                ("name", models.CharField(max_length=60, unique=True)),
                ("address", models.CharField(help_text="A URL; host and port of a syslog server; the name of a folder.", max_length=1000)),
                ("place", models.CharField(blank=True, help_text="An index; a bucket and a prefix.", max_length=300)),
                ("region", models.CharField(blank=True, help_text="Of S3.", max_length=60)),
                ("key_id", models.CharField(blank=True, help_text="Of S3; it is no secret.", max_length=200)),
                ("secret", usher.platform.encryption.EncryptedTextField(blank=True, help_text="A token or key.")),
                ("authority", models.TextField(blank=True, help_text="Certificates (PEM) of the receiver's own authority; empty: public ones.")),
                ("form", models.CharField(choices=[("ocsf", "OCSF 1.5"), ("raw", "As Asana and the ledger have them")], default="ocsf", max_length=4)),
                ("contents", models.CharField(choices=[("events", "Audit log events of Asana"), ("ledger", "Entries of Usher's ledger"), ("both", "Both")], default="events", max_length=6)),
                ("connections", django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), help_text="What is of these alone. Null: everything.", null=True, size=None)),
                ("is_on", models.BooleanField(default=True)),
                ("event_cursor", models.BigIntegerField(default=0, help_text="`AuditEvent.arrival` of the last one taken.")),
                ("ledger_cursor", models.BigIntegerField(default=0, help_text="The number of the last entry taken.")),
                ("again_from", models.DateTimeField(help_text="Events since then are sent again, up to …", null=True)),
                ("again_until", models.DateTimeField(null=True)),
                ("again_position", models.TextField(blank=True, help_text="How far that has got: a position in the events.")),
                ("sent", models.BigIntegerField(default=0, help_text="Taken by the receiver so far, again ones included.")),
                ("last_sent_at", models.DateTimeField(null=True)),
                ("caught_up_at", models.DateTimeField(help_text="When nothing was left to send, the last time.", null=True)),
                ("problem", models.CharField(blank=True, help_text="Why the last attempt failed; else empty.", max_length=500)),
                ("remedy", models.CharField(blank=True, max_length=500)),
                ("failures", models.PositiveIntegerField(default=0, help_text="In a row.")),
                ("failing_since", models.DateTimeField(null=True)),
                ("next_attempt_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={"ordering": ["name", "pk"]},
        ),
        LimitRows("streams_streamdestination", NOBODY),
    ]
