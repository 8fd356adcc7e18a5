"""Messages about what was done to several people or cases at once."""

from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join

from usher.removal.cases.bulk import BulkResult
from usher.removal.models import Case

PROBLEMS_SHOWN = 20


def show_results(request: HttpRequest, results: list[BulkResult], done: str) -> None:
    """One message for all that succeeded, one for each that did not. `done`: "approved"."""
    succeeded = [one for one in results if not one.problem]
    failed = [one for one in results if one.problem]
    if len(succeeded) == 1 and succeeded[0].case:
        messages.success(request, format_html("{} is {}.", _link(succeeded[0].case), done))
    elif succeeded:
        messages.success(request, f"{len(succeeded):,} cases are {done}.")
    for one in failed[:PROBLEMS_SHOWN]:
        who = _link(one.case) if one.case else one.who
        messages.error(request, format_html("{}: {} {}", who, one.problem, one.remedy))
    if len(failed) > PROBLEMS_SHOWN:
        messages.error(request, f"{len(failed) - PROBLEMS_SHOWN:,} more failed in the same or a similar way.")


def why_none_can_be_approved(with_remarks: list[Case]) -> str:
    """Why nothing is left to approve; `with_remarks` are left out because of unanswered remarks."""
    if not with_remarks:
        return "None of these cases is waiting for your approval any more."
    links = format_html_join(", ", "{}", ((_link(case),) for case in with_remarks[:PROBLEMS_SHOWN]))
    return format_html(
        "These cases have remarks that nobody has answered. Open each one, answer them, and approve it there: {}.",
        links,
    )


def _link(case: Case) -> str:
    return format_html(
        '<a href="{}">Case {}, {}</a>',
        reverse("removal:case", args=[case.pk]),
        case.pk,
        case.person_name or case.person_gid,
    )
