"""About cases and guardrails."""

from usher.access.roles import UserRole
from usher.notify.wording.kind import NoticeKind, NoticeUrgency

CASES = [
    NoticeKind(
        "case_waits",
        "A case waits for approval",
        "Somebody requested approval, and it was not you.",
        UserRole.APPROVER,
        "Approve or reject: {person}",
        "{requester} asks to {what} {person} in {account}.\n\nReason: {reason}\n\n"
        "Nothing changes in Asana before somebody else approves the case.",
        {
            "person": "Zoë Young (zoe.young@example.com)",
            "requester": "olga@example.com",
            "what": "remove",
            "account": "Acme",
            "reason": "Left the company on 27 November",
        },
        link="Review the case",
        many="{count} cases wait for approval",
    ),
    NoticeKind(
        "case_done",
        "A case is done",
        "Every case. Who requested or approved one gets an e-mail about it anyway.",
        UserRole.OPERATOR,
        "Done: {person}",
        "{outcome}\n\nThe case of {person} in {account} is done. Its evidence is ready.",
        {"person": "Zoë Young (zoe.young@example.com)", "outcome": "Removed from Acme.", "account": "Acme"},
        link="See the evidence",
        many="{count} cases are done",
        is_on=False,
    ),
    NoticeKind(
        "case_failed",
        "A case failed",
        "A removal stopped half-way, and somebody has to look at it.",
        UserRole.OPERATOR,
        "Failed: {person}",
        "The case of {person} in {account} stopped: {problem}\n\nWhat to do: {remedy}",
        {
            "person": "Zoë Young (zoe.young@example.com)",
            "account": "Acme",
            "problem": "Asana refused the change (403).",
            "remedy": "Check the permissions of the connected account, then try again.",
        },
        link="Open the case",
        many="{count} cases failed",
        urgency=NoticeUrgency.AT_ONCE,
    ),
    NoticeKind(
        "removals_stopped",
        "All removals are stopped",
        "Somebody used the stop switch, or the database was restored.",
        UserRole.APPROVER,
        "All removals are stopped",
        "{who} stopped all removals.\n\nReason: {reason}\n\nNo case begins until an admin lets removals go on.",
        {"who": "olga@example.com", "reason": "The HR export looks wrong"},
        link="See the stop switch",
        urgency=NoticeUrgency.AT_ONCE,
    ),
]
