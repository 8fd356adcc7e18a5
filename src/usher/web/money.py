"""Amounts of money in words."""

from collections.abc import Mapping
from decimal import Decimal


def money(amount: Decimal, currency: str) -> str:
    """With cents only if there are any: "1,250 EUR", "24.99 USD"."""
    digits = 0 if amount == amount.to_integral_value() else 2
    return f"{amount:,.{digits}f} {currency}"


def money_by_currency(amounts: Mapping[str, Decimal]) -> str:
    """One amount a currency, "2 EUR and 1,234.50 USD"; empty if there is none."""
    return " and ".join(money(amount, currency) for currency, amount in sorted(amounts.items()))
