"""The people who can take over somebody's work."""

from collections.abc import Collection

from django.db.models import Q

from usher.removal.cases.bulk import active_in
from usher.roster.models import Person

SUGGESTED = 10


def suggest_receivers(connections: Collection[int], text: str) -> list[Person]:
    """Up to 10 active people with this text in their name or address."""
    named = Q(email__icontains=text) | Q(name__icontains=text)
    return list(active_in(connections).filter(named)[:SUGGESTED])
