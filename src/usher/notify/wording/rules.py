"""About rules and contracts."""

from usher.access.roles import UserRole
from usher.notify.wording.kind import NoticeKind, NoticeUrgency

RULES = [
    NoticeKind(
        "rule_stopped",
        "A rule stopped",
        "A rule found far more people than usual, or could not run.",
        UserRole.ADMIN,
        "The rule “{rule}” stopped",
        "{problem}\n\nIt does nothing more until an admin has looked at it.",
        {"rule": "Idle for 90 days", "problem": "It found 212 people, and usually finds 14."},
        link="Open the rule",
        urgency=NoticeUrgency.AT_ONCE,
    ),
    NoticeKind(
        "rule_found",
        "A rule found people",
        "What a rule that tells somebody has found.",
        UserRole.OPERATOR,
        "{rule}: {found} people",
        "The rule “{rule}” found {found} people in {account}.\n\n{lines}",
        {
            "rule": "Admins not seen for 30 days",
            "found": 2,
            "account": "Acme",
            "lines": ["Zoë Young (zoe.young@example.com)", "Ann Cox (ann.cox@example.com)"],
        },
        link="See the list",
    ),
    NoticeKind(
        "rule_approved",
        "A rule approved its cases",
        "Cases that run without a person who looks at each, because two admins approved the rule.",
        UserRole.OPERATOR,
        "{rule}: {found} cases approved by the rule",
        "The rule “{rule}” opened and approved {found} cases in {account}. They run when their grace period is over; "
        "until then each can be cancelled.\n\n{lines}",
        {
            "rule": "Leavers out after their last day",
            "found": 2,
            "account": "Acme",
            "lines": ["Zoë Young (zoe.young@example.com)", "Ann Cox (ann.cox@example.com)"],
        },
        link="See the cases",
    ),
    NoticeKind(
        "contract_notice",
        "A contract can be ended soon",
        "Before the last day for giving notice.",
        UserRole.ADMIN,
        "{days} days to give notice: {account}",
        "The contract of {account} renews on {renewal}. Asana must have your notice by {notice}.\n\n{advice}",
        {
            "days": 30,
            "account": "Acme",
            "renewal": "1 March 2027",
            "notice": "20 January 2027",
            "advice": "11 more seats must be freed for the next smaller pack (150).",
        },
        link="Open savings",
    ),
]
