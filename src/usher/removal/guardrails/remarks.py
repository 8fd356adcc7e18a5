"""Unanswered remarks in lists: counted in SQL, and all current ones of several people at once."""

from collections import defaultdict
from collections.abc import Collection

from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce

from usher.directory.models import Remark


def unanswered_count(person: str = "pk") -> Coalesce:
    """Over people, or over what has the key of a person in the field `person`."""
    remarks = Remark.objects.filter(person=OuterRef(person), is_current=True, answered_at=None)
    return Coalesce(
        Subquery(remarks.order_by().values("person").values(count=Count("pk"))),
        0,
    )


def current_remarks(people: Collection[int]) -> dict[int, list[Remark]]:
    """By the person's key, in one query; people without remarks are missing."""
    by_person: defaultdict[int, list[Remark]] = defaultdict(list)
    for remark in Remark.objects.filter(person__in=people, is_current=True):
        by_person[remark.person_id].append(remark)
    return dict(by_person)


def in_words(remark: Remark) -> str:
    """With its answer, if it has one."""
    if remark.answered_at is None:
        return remark.text
    return f"{remark.text} Answered by {remark.answered_by}: {remark.why}"
