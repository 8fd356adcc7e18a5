"""Since when people are in no directory. Asana and the directory do not tell, so each day is looked at."""

from django.db import transaction
from django.db.models import Exists, OuterRef

from usher.activity.usage.figures import today_of
from usher.connections.models import Connection
from usher.directory.employment.status import EmploymentGroup
from usher.directory.models import Standing
from usher.policy.models import UnknownPerson


@transaction.atomic
def note_unknown(connection: Connection) -> None:
    """Whoever is unknown now, since today unless it was noted before; whoever is not, no longer."""
    unknown = Standing.objects.filter(connection=connection, group=EmploymentGroup.UNKNOWN)
    UnknownPerson.objects.filter(person__connection=connection).exclude(
        Exists(unknown.filter(person=OuterRef("person")))
    ).delete()
    noted = UnknownPerson.objects.filter(person=OuterRef("person"))
    new = unknown.exclude(Exists(noted)).values_list("person", flat=True)
    day = today_of(connection)
    UnknownPerson.objects.bulk_create(
        [UnknownPerson(person_id=pk, since=day) for pk in new.iterator(chunk_size=2_000)],
        ignore_conflicts=True,
        batch_size=2_000,
    )
