"""People who may be leavers: a person has to look, because no rule says that they are."""

from datetime import date

from django.db.models import Exists, OuterRef, Q, QuerySet

from usher.directory.employees.queries import works_here
from usher.directory.employment.status import LEAVER_GROUPS, EmploymentGroup, with_employment
from usher.directory.models import Match
from usher.roster.models import Person


def possible_leavers(people: QuerySet[Person], today: date) -> QuerySet[Person]:
    """Those of these people, with what `with_employment` adds, who are active in Asana, are no leavers, and

    - are perhaps somebody who has left or is leaving: the match is only proposed,
    - have left, or are leaving, according to another source than the one that counts, or
    - are no longer listed by the source that counts.
    """
    gone = Match.objects.filter(
        ~works_here(today, "employee__") | Q(employee__last_day__isnull=False),
        Q(state=Match.State.PROPOSED) | Q(state=Match.State.MATCHED, counts=False),
    )
    unlisted = Match.objects.filter(employee__is_listed=False, counts=True, state=Match.State.MATCHED)
    # A list, since they are few: PostgreSQL takes much longer when it does not begin with them.
    perhaps = {*gone.values_list("person", flat=True), *unlisted.values_list("person", flat=True)}
    return (
        with_employment(people.filter(pk__in=perhaps), today)
        .filter(
            Q(group=EmploymentGroup.NOT_LISTED) | Exists(gone.filter(person=OuterRef("pk"))),
            Q(group__isnull=False),
        )
        .filter(~Q(group__in=LEAVER_GROUPS))
    )
