"""Changing the price of a connection's seats."""

from decimal import Decimal

from django.db import transaction

from usher.connections.models import Connection
from usher.ledger.actors import Actor
from usher.ledger.record import record
from usher.refusals import Refused
from usher.roster.models import SeatPrice
from usher.roster.seat_prices.currencies import check_currency


class PriceOfContract(Refused):
    """A contract says what a seat costs."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(
            f"The seat price of “{connection.name}” follows from its contract.",
            "Change the contract under Savings, or delete it there.",
        )


def set_price(connection: Connection, amount: Decimal | None, currency: str, actor: Actor) -> bool:
    """An amount of None removes the price. Returns False if nothing changes.

    Raises PriceOfContract, UnknownCurrency.
    """
    with transaction.atomic():
        stored = SeatPrice.objects.select_for_update().filter(connection=connection).first()
        if stored and stored.is_from_contract:
            raise PriceOfContract(connection)
        if amount is not None:
            check_currency(currency, stored.currency if stored else None)
        return _store(connection, stored, amount, currency, actor, is_from_contract=False)


def set_price_of_contract(connection: Connection, amount: Decimal, currency: str, actor: Actor) -> bool:
    """From now on, `set_price` is refused. Returns False if nothing changes."""
    with transaction.atomic():
        stored = SeatPrice.objects.select_for_update().filter(connection=connection).first()
        return _store(connection, stored, amount, currency, actor, is_from_contract=True)


def release_price(connection: Connection) -> None:
    """There is no contract any more: the price stays until somebody changes it."""
    SeatPrice.objects.filter(connection=connection).update(is_from_contract=False)


def _store(
    connection: Connection,
    stored: SeatPrice | None,
    amount: Decimal | None,
    currency: str,
    actor: Actor,
    *,
    is_from_contract: bool,
) -> bool:
    with transaction.atomic():
        before = str(stored) if stored else None
        after = None if amount is None else f"{amount:.2f} {currency}"
        if before == after:
            if stored and stored.is_from_contract != is_from_contract:
                SeatPrice.objects.filter(pk=stored.pk).update(is_from_contract=is_from_contract)
            return False
        if amount is None:
            SeatPrice.objects.filter(connection=connection).delete()
        else:
            SeatPrice.objects.update_or_create(
                connection=connection,
                defaults={"amount": amount, "currency": currency, "is_from_contract": is_from_contract},
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
