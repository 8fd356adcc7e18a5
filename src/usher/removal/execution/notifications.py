"""E-mails about completed cases, if a mail server is configured."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse

from usher.removal.cases.shown_remarks import remarks_then, said_then
from usher.removal.models import Approval, Case
from usher.web.mail import NO_SERVER, send_mail, sends_mail

SUBJECTS = {
    Case.Kind.REMOVE.value: "{name} was removed from Asana",
    Case.Kind.DOWNGRADE.value: "{name} was downgraded to view-only in Asana",
    Case.Kind.RESTORE.value: "{name} was invited to Asana again",
}
BODY = """\
{subject}.

Person: {person}
Workspaces: {workspaces}
Requested by: {requested_by}
Approved by: {approved_by}
Reason: {reason}
Sources: {sources}
Remarks: {remarks}

Usher has verified the change in Asana.

For the steps, the requests to Asana and the evidence, see:
{address}
"""


@dataclass(frozen=True)
class NotificationResult:
    summary: str
    was_sent: bool


def notify_about(case: Case) -> NotificationResult:
    """Writes to the requesters and approvers. A mail that cannot be sent never fails a case."""
    if not sends_mail():
        return NotificationResult(NO_SERVER, was_sent=False)
    receivers = _receivers(case)
    if not receivers:
        return NotificationResult("Neither requesters nor approvers have an e-mail address.", was_sent=False)
    case.refresh_from_db(fields=["later_facts"])  # kept since this run began
    problem = send_mail(*_message(case), receivers)
    if problem:
        return NotificationResult(problem, was_sent=False)
    return NotificationResult(f"E-mail sent to {', '.join(receivers)}.", was_sent=True)


def _message(case: Case) -> tuple[str, str]:
    """Subject and body."""
    name = " ".join((case.person_name or case.person_email or case.person_gid).split())
    subject = SUBJECTS[case.kind].format(name=name)
    body = BODY.format(
        subject=subject,
        person=case.who,
        workspaces=", ".join(target.workspace_name for target in case.targets.all()),
        requested_by=case.asked_by or case.opened_by,
        approved_by=", ".join(_approvers(case)) or "nobody; no approval was required",
        reason=case.reason or "none given",
        sources=_sources(case),
        remarks=" ".join(one.in_words for one in remarks_then(case.later_facts.get("run", {}))) or "none",
        address=settings.USHER_BASE_URL + reverse("removal:case", args=[case.pk]),
    )
    return subject, body


def _sources(case: Case) -> str:
    """What each said before anything was changed."""
    said = said_then(case.later_facts.get("run", {}))
    words = [f"{source}: {one.text}" for source, one in said.items() if one.text]
    return "; ".join(words) or "none knew this person"


def _receivers(case: Case) -> list[str]:
    names = [case.opened_by, case.asked_by, *_people_who_approved(case)]
    # The name of a token is "address: token".
    return sorted({name.partition(":")[0] for name in names if "@" in name.partition(":")[0]})


def _approvers(case: Case) -> list[str]:
    return list(case.approvals.filter(word=Approval.Word.APPROVED).values_list("by", flat=True))


def _people_who_approved(case: Case) -> Iterator[str]:
    """For a rule, the admins who approved it in advance."""
    for approval in case.approvals.filter(word=Approval.Word.APPROVED):
        if approval.rule is None:
            yield approval.by
        else:
            yield from (str(each["name"]) for each in approval.in_advance)
