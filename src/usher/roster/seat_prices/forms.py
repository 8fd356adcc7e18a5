"""The form for the price of a connection's seats."""

from decimal import Decimal

from django import forms

from usher.connections.models import Connection
from usher.roster.models import SeatPrice
from usher.roster.seat_prices.currencies import CURRENCIES

CHOICES = [(code, f"{code}: {name}") for code, name in CURRENCIES]


class PriceForm(forms.Form):
    """`price`: the one that is stored for this connection."""

    amount = forms.DecimalField(
        label="Monthly price per seat",
        required=False,
        min_value=Decimal(0),
        max_digits=10,
        decimal_places=2,
        widget=forms.NumberInput(attrs={"step": "0.01", "inputmode": "decimal"}),
    )
    currency = forms.ChoiceField(choices=CHOICES)

    def __init__(self, connection: Connection, price: SeatPrice | None, data: object = None) -> None:
        self.connection = connection
        initial = {"amount": price.amount, "currency": price.currency} if price else {}
        super().__init__(data, prefix=f"connection-{connection.pk}", initial=initial)  # type: ignore[arg-type]
        currency = self.fields["currency"]
        assert isinstance(currency, forms.ChoiceField)
        if price and price.currency not in dict(CURRENCIES):
            currency.choices = [(price.currency, price.currency), *CHOICES]
