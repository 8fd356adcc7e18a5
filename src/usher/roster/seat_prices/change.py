"""Changing the price of a connection's seats."""

from decimal import Decimal

from django.db import transaction

from usher.connections.models import Connection
from usher.ledger.actors import Actor
from usher.ledger.record import record
from usher.roster.models import SeatPrice


def set_price(connection: Connection, amount: Decimal | None, currency: str, actor: Actor) -> bool:
    """An amount of None removes the price. Returns False if nothing changes."""
    with transaction.atomic():
        stored = SeatPrice.objects.select_for_update().filter(connection=connection).first()
        before = str(stored) if stored else None
        after = None if amount is None else f"{amount:.2f} {currency}"
        if before == after:
            return False
        if amount is None:
            SeatPrice.objects.filter(connection=connection).delete()
        else:
            SeatPrice.objects.update_or_create(
                connection=connection, defaults={"amount": amount, "currency": currency}
            )
        record(
            actor,
            "settings.seat_price_changed",
            f"connection {connection.pk}: {connection.name}",
            before={"price": before},
            after={"price": after},
            connection=connection.pk,
        )
    return True
