"""One thing, by the number in the address."""

from typing import TypeVar

from django.db.models import Model, QuerySet

from usher.web.refused.problems import NoSuchThing

M = TypeVar("M", bound=Model)


def single(rows: QuerySet[M], number: int, kind: str, listed_at: str) -> M:
    """Raises NoSuchThing, also for what the token does not see. `listed_at`: the list that has it."""
    found = rows.filter(pk=number).first()
    if found is None:
        raise NoSuchThing(f"There is no {kind} {number}.", f"GET /api/v1/{listed_at} lists them.")
    return found
