"""What was counted of a contract until today: overage, realised savings and the forecast that rests on it."""

from dataclasses import dataclass

from usher.contracts.agreements.change import current_purchase
from usher.contracts.arithmetic.overage import Overage, overage
from usher.contracts.savings.outlook import ContractOutlook
from usher.contracts.seats.counting import seats_by_day
from usher.contracts.seats.forecasting import ForecastAtRenewal, forecast_until
from usher.contracts.seats.freed import RealisedSavings, realised_savings
from usher.roster.models import Licence


@dataclass(frozen=True)
class ContractPast:
    """Of the member seats. `forecast` looks to the day from which another number of seats can be bought."""

    overage: Overage | None
    realised: RealisedSavings
    forecast: ForecastAtRenewal | None


def past_of(outlook: ContractOutlook) -> ContractPast:
    contract, today = outlook.contract, outlook.today
    counts = seats_by_day(outlook.places, Licence.MEMBER)
    members = outlook.members
    found = None
    if members is not None:
        if counts:
            counts[today] = members.in_use  # newer than the last sync, after a case has run
        begins = min(one.valid_from for one in contract.purchases.all() if one.licence == Licence.MEMBER)
        used = {day: count for day, count in counts.items() if day >= begins}
        bought = {
            day: purchase.seats
            for day in used
            if (purchase := current_purchase(contract, Licence.MEMBER, day)) is not None
        }
        found = overage(used, bought)
    return ContractPast(
        found,
        realised_savings(contract, outlook.places, counts, today),
        forecast_until(counts, members.in_use, today, outlook.counts_from) if members else None,
    )
