"""The currencies on offer."""

from usher.refusals import Refused

# The currencies of contracts with Asana: USD and EUR first, the others in alphabetical order.
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


class UnknownCurrency(Refused):
    """Text that is no currency, or one that is not on offer."""

    field = "currency"

    def __init__(self, currency: str) -> None:
        super().__init__(
            f"“{currency}” is not among the currencies on offer.",
            f"Choose one of {', '.join(code for code, _ in CURRENCIES)}.",
        )


def check_currency(currency: str, stored: str | None = None) -> None:
    """What is stored may stay, whatever it is. Raises UnknownCurrency."""
    if currency != stored and currency not in dict(CURRENCIES):
        raise UnknownCurrency(currency)
