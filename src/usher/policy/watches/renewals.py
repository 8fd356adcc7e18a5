"""Reminders before the last day for giving notice to Asana: once each, 90, 60, 30 and 14 days before."""

from datetime import date

from django.urls import reverse

from usher.contracts.renewals import reminders_due
from usher.contracts.savings.outlook import LicenceOutlook, outlooks
from usher.notify.telling import tell
from usher.web.phrases import day_in_words


def tell_of_renewals(today: date) -> None:
    due = reminders_due(today)
    by_contract = {one.contract.pk: one for one in outlooks([each.renewal.contract for each in due])}
    for reminder in due:
        renewal = reminder.renewal
        tell(
            "contract_notice",
            reminder.key,
            {
                "days": renewal.days_left(today),
                "account": renewal.contract.name,
                "renewal": day_in_words(renewal.renews_on),
                "notice": day_in_words(renewal.notice_on),
                "advice": _advice(by_contract[renewal.contract.pk].members),
            },
            connection=renewal.contract.connection,
            path=reverse("contracts:contract", args=[renewal.contract.pk]),
        )


def _advice(members: LicenceOutlook | None) -> str:
    """What can be saved until then, as the page of the contract says it."""
    if members is None:
        return "The page of the contract says what can be saved until then."
    found = members.reduction
    if found.pack is not None and found.seats_saved:
        return (
            f"Bought are {found.bought:,} seats. If the {members.to_free:,} that could be freed go, {found.pack:,} are "
            f"enough, which saves {members.saves} a year."
        )
    if found.more_to_free:
        return f"{found.more_to_free:,} more seats must be freed for the next smaller pack ({found.next_pack:,})."
    return "No smaller pack is within reach."
