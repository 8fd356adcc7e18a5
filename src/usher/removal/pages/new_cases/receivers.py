"""The people who can take over somebody's work."""

from collections.abc import Collection

from django.db.models import Q, QuerySet

from usher.roster.models import Person, Status

SUGGESTED = 10


def suggest_receivers(connections: Collection[int], text: str) -> list[Person]:
    """Up to 10 active people with this text in their name or address."""
    named = Q(email__icontains=text) | Q(name__icontains=text)
    return list(_active(connections).filter(named)[:SUGGESTED])


def receivers_at(connection: int, address: str) -> list[Person]:
    """Active people with this address or gid. More than one if Asana has the address twice."""
    return list(_active([connection]).filter(Q(email__iexact=address) | Q(gid=address))[:2])


def _active(connections: Collection[int]) -> QuerySet[Person]:
    active = Person.objects.filter(connection__in=connections, memberships__status=Status.ACTIVE)
    return active.exclude(email="").distinct().order_by("name", "pk")
