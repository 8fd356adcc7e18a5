"""The contracts that are seen, as pages read them."""

from django.db.models import QuerySet

from usher.contracts.models import Contract


def contracts_seen() -> QuerySet[Contract]:
    """With connection and purchases."""
    return Contract.objects.select_related("connection").prefetch_related("purchases")
