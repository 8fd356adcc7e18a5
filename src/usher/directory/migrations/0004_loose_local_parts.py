"""Computes anew by what resembling addresses are found."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from usher.directory.normalise import local_part

BATCH = 2_000


def compute(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    employee = apps.get_model("directory", "Employee")
    batch = []
    for each in employee.objects.only("pk", "addresses").iterator(chunk_size=BATCH):
        each.local_parts = list(dict.fromkeys(map(local_part, each.addresses)))
        batch.append(each)
        if len(batch) == BATCH:
            employee.objects.bulk_update(batch, ["local_parts"])
            batch = []
    employee.objects.bulk_update(batch, ["local_parts"])
    # Those of people are computed by the next sync.
    apps.get_model("directory", "PersonKey").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("directory", "0003_right_people")]

    operations = [migrations.RunPython(compute, migrations.RunPython.noop)]
