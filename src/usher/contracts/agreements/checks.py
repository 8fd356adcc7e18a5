"""What a contract may say, whoever enters it: pages, programs, or commands."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from usher.connections.models import Connection
from usher.contracts.agreements.query import places_of
from usher.contracts.arithmetic.amounts import CENT, PricePeriod
from usher.contracts.arithmetic.ladder import MOST_SEATS, LadderUnreadable, ladder
from usher.contracts.models import Contract, LicencePurchase
from usher.refusals import Refused
from usher.roster.models import Licence, Workspace
from usher.roster.seat_prices.currencies import UnknownCurrency, check_currency

SETTINGS = (
    "name",
    "plan",
    "currency",
    "renews_on",
    "term_months",
    "notice_days",
    "reducible",
    "ladder",
)
LONGEST_TERM_MONTHS = 120
LONGEST_NOTICE_DAYS = 365
HIGHEST_PRICE = Decimal("99999999.99")


class ContractRefused(Refused):
    """A contract that does not go together with another, or with itself. `field`: what is at fault, if one is."""

    def __init__(self, message: str, remedy: str, field: str = "") -> None:
        super().__init__(message, remedy)
        self.field = field


@dataclass(frozen=True)
class PurchaseTerms:
    """What is bought of a licence from a day on. `price` has at most two decimal places."""

    licence: Licence
    valid_from: date
    seats: int
    price: Decimal
    period: PricePeriod


def checked(settings: Mapping[str, object], contract: Contract | None = None) -> dict[str, object]:
    """The settings as they are stored: some of them for a `contract` that exists. Raises ContractRefused."""
    found = {name: settings[name] for name in SETTINGS if contract is None or name in settings}
    if "name" in found and not str(found["name"]).strip():
        raise ContractRefused("The contract has no name.", "Give it one, such as Asana Advanced.", "name")
    for name, least, most in (
        ("term_months", 1, LONGEST_TERM_MONTHS),
        ("notice_days", 0, LONGEST_NOTICE_DAYS),
    ):
        value = found.get(name, least)
        if not (isinstance(value, int) and least <= value <= most):
            raise ContractRefused(f"{value} is no number from {least} to {most}.", "Give one that is.", name)
    try:
        if "currency" in found:
            check_currency(str(found["currency"]), contract.currency if contract else None)
    except UnknownCurrency as refused:
        raise ContractRefused(refused.message, refused.remedy, "currency") from refused
    try:
        if "ladder" in found:
            found["ladder"] = ladder(str(found["ladder"])).text
    except LadderUnreadable as refused:
        raise ContractRefused(refused.message, refused.remedy, "ladder") from refused
    longest = Contract._meta.get_field("ladder").max_length or 0
    if len(str(found.get("ladder", ""))) > longest:
        raise ContractRefused("There are too many pack sizes.", "Give steps, such as “by 5 to 30”.", "ladder")
    return found


def check_places(connection: Connection, workspaces: Collection[Workspace]) -> None:
    """Raises ContractRefused for a workspace of another account, or one that Usher leaves out as asked."""
    known = set(places_of(connection).values_list("pk", flat=True))
    foreign = next((one for one in workspaces if one.pk not in known), None)
    if foreign is not None:
        raise ContractRefused(
            f"“{foreign}” is no workspace that “{connection.name}” reads.",
            "Choose among the workspaces of the connection.",
            "workspaces",
        )


def check_bought(purchases: Collection[PurchaseTerms]) -> None:
    """What a new contract begins with. Raises ContractRefused."""
    if not any(each.licence == Licence.MEMBER for each in purchases):
        raise ContractRefused(
            "It is not said how many member seats were bought.", "Give their number and price.", "purchases"
        )
    if len({(each.licence, each.valid_from) for each in purchases}) < len(purchases):
        raise ContractRefused(
            "Two purchases of the same licence begin on the same day.", "Give one of them.", "purchases"
        )
    for each in purchases:
        check_purchase(each)


def check_purchase(terms: PurchaseTerms) -> None:
    """Raises ContractRefused."""
    if terms.licence not in LicencePurchase.KINDS:
        raise ContractRefused("Guests are not paid for.", "Choose member or view-only.", "licence")
    if not 0 <= terms.seats <= MOST_SEATS:
        raise ContractRefused(
            f"{terms.seats} is no number of seats.", f"Give one up to {MOST_SEATS:,}.", "seats"
        )
    if not 0 <= terms.price <= HIGHEST_PRICE or terms.price % CENT:
        raise ContractRefused(f"{terms.price} is no price.", "Give one in whole cents.", "price")
