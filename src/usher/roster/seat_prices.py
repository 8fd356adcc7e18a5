"""What a seat costs a month, by connection."""

from decimal import Decimal

from django.db import transaction

from usher.connections.models import Connection
from usher.ledger.actors import Actor
from usher.ledger.record import record
from usher.roster.models import SeatPrice

# Those that contracts with Asana are made in; USD and EUR first, the rest by letter.
CURRENCIES = (
    ("USD", "US dollar"),
    ("EUR", "Euro"),
    ("AUD", "Australian dollar"),
    ("BRL", "Brazilian real"),
    ("CAD", "Canadian dollar"),
    ("CHF", "Swiss franc"),
    ("CNY", "Chinese yuan"),
    ("CZK", "Czech koruna"),
    ("DKK", "Danish krone"),
    ("GBP", "Pound sterling"),
    ("HKD", "Hong Kong dollar"),
    ("HUF", "Hungarian forint"),
    ("ILS", "Israeli shekel"),
    ("INR", "Indian rupee"),
    ("JPY", "Japanese yen"),
    ("KRW", "South Korean won"),
    ("MXN", "Mexican peso"),
    ("NOK", "Norwegian krone"),
    ("NZD", "New Zealand dollar"),
    ("PLN", "Polish zloty"),
    ("SEK", "Swedish krona"),
    ("SGD", "Singapore dollar"),
    ("THB", "Thai baht"),
    ("TRY", "Turkish lira"),
    ("ZAR", "South African rand"),
)


def set_price(connection: Connection, amount: Decimal | None, currency: str, actor: Actor) -> bool:
    """None for the amount: the price is not known any more. False where nothing changes."""
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
        )
    return True
