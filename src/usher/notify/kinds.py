"""What Usher tells people: every kind with its texts, whom it concerns, and how urgent it is. The one place for it."""

from collections.abc import Mapping
from enum import StrEnum
from string import Formatter

import msgspec

from usher.access.roles import UserRole

Fact = str | int | list[str]
Facts = Mapping[str, Fact]


class NoticeUrgency(StrEnum):
    AT_ONCE = "Urgent"
    NORMAL = "Normal"
    REGULAR = "Regular"


class NoticeKind(msgspec.Struct, frozen=True):
    """Texts name facts in braces. A paragraph of `body` that is only a list of lines becomes a list."""

    name: str
    """Stored, and part of what webhooks send, so it does not change."""
    label: str
    about: str
    audience: UserRole
    """Users with this role or a higher one are told, unless they choose otherwise."""
    subject: str
    body: str
    example: Facts
    link: str = "Open in Usher"
    many: str = ""
    """The subject of one message about several such notices, with {count}; empty: each is told by itself."""
    urgency: NoticeUrgency = NoticeUrgency.NORMAL
    is_on: bool = True
    """Whether users who have chosen nothing get it."""
    to_address: bool = False
    """To somebody without an account: never to users or destinations."""

    @property
    def needed(self) -> set[str]:
        """The facts that the texts name."""
        return {
            name for text in (self.subject, self.body) for _, name, _, _ in Formatter().parse(text) if name
        }


_KINDS = [
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
        "digest",
        "Weekly summary",
        "On Monday morning: leavers who still have a seat, idle seats, who joined and who left.",
        UserRole.VIEWER,
        "Your week in Asana: {headline}",
        "{account}, {week}\n\n{lines}\n\nFigures are those of the last sync.",
        {
            "headline": "6 leavers still have access",
            "account": "All accounts",
            "week": "23 to 29 November",
            "lines": [
                "Leavers who still have access: 6",
                "Seats idle for 90 days: 46",
                "Joined: 4",
                "Left: 9",
            ],
        },
        link="Open the dashboard",
        urgency=NoticeUrgency.REGULAR,
    ),
    NoticeKind(
        "sync_failing",
        "A sync has been failing for a day",
        "Figures get old, and removals do not run on old data.",
        UserRole.OPERATOR,
        "No sync of {account} for a day",
        "{account} was last synced {since}.\n\n{problem}\n\nFigures are old, and removals do not run on old data.",
        {
            "account": "Acme",
            "since": "on 27 November at 06:10 UTC",
            "problem": "Asana refused the token (401). Reconnect the account.",
        },
        link="Open the account",
        urgency=NoticeUrgency.AT_ONCE,
    ),
    NoticeKind(
        "token_ending",
        "A token is refused",
        "Asana takes a connection's token no longer, or will soon stop doing so.",
        UserRole.ADMIN,
        "{account} needs a new token",
        "{problem}\n\nWhat to do: {remedy}",
        {
            "account": "Acme",
            "problem": "Asana refused the token (401).",
            "remedy": "Reconnect the account under Integrations.",
        },
        link="Open the account",
        urgency=NoticeUrgency.AT_ONCE,
    ),
    NoticeKind(
        "no_worker",
        "There was no worker",
        "Workers send notices. So this comes once one runs again, and says how long there was none.",
        UserRole.ADMIN,
        "Usher had no worker for {long}",
        "From {since} until {until}, no worker ran: nothing was synced, approved removals did not start, and no notice "
        "was sent.\n\nTo be told at once, watch /healthz/details from outside.",
        {"long": "3 hours", "since": "29 November, 02:10 UTC", "until": "29 November, 05:12 UTC"},
        link="See Usher's health",
        urgency=NoticeUrgency.AT_ONCE,
    ),
    NoticeKind(
        "ledger_broken",
        "The ledger does not verify",
        "An entry was changed or deleted in the database.",
        UserRole.ADMIN,
        "The ledger does not verify",
        "{problem}\n\nWhat to do: stop removals, find out who had access to the database, and compare with a backup "
        "(usher ledger verify).",
        {"problem": "Entry 1204 was changed after it was written."},
        link="Open the ledger",
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
    NoticeKind(
        "new_asana_admin",
        "Somebody became an admin in Asana",
        "Seen by the sync, whoever made them one.",
        UserRole.ADMIN,
        "New admin in Asana: {person}",
        "{person} became an admin of {workspace} ({account}), seen on {when}.\n\nIf nobody meant that, take the role "
        "away in Asana's admin console and look at the audit log.",
        {
            "person": "Zoë Young (zoe.young@example.com)",
            "workspace": "Acme",
            "account": "Acme",
            "when": "29 November, 06:10 UTC",
        },
        link="See this person",
        many="{count} people became admins in Asana",
        urgency=NoticeUrgency.AT_ONCE,
    ),
    NoticeKind(
        "mass_export",
        "A mass export from Asana",
        "Members, teams, attachments or everything was exported, as the audit log says.",
        UserRole.ADMIN,
        "{what}: {who}",
        "{who} started it on {when} in {account}. Asana calls it {event}.\n\nIf nobody meant that, look at what else "
        "they did.",
        {
            "what": "Members exported",
            "who": "zoe.young@example.com",
            "when": "29 November, 03:41 UTC",
            "account": "Acme",
            "event": "workspace_members_export_started",
        },
        link="See it in the audit log",
        many="{count} mass exports from Asana",
        urgency=NoticeUrgency.AT_ONCE,
    ),
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
    NoticeKind(
        "ask_person",
        "Question to somebody who seems idle",
        "Sent by rules that ask first, to the person.",
        UserRole.ADMIN,
        "Do you still need your Asana seat?",
        "{greeting}\n\n{question}\n\n{otherwise}\n\nThe links below open a page that shows the question. Nothing is "
        "decided before you answer there.",
        {
            "greeting": "Hello Zoë,",
            "question": "as far as Usher knows, you last used Asana on 12 August.",
            "otherwise": "Without an answer by 12 December, an admin will be asked to release your seat.",
        },
        to_address=True,
    ),
    NoticeKind(
        "ask_manager",
        "Question to a manager",
        "Sent by rules that ask first, to the person's manager.",
        UserRole.ADMIN,
        "Does {person} still need an Asana seat?",
        "{greeting}\n\n{question}\n\n{otherwise}\n\nThe links below open a page that shows the question. Nothing is "
        "decided before you answer there.",
        {
            "person": "Zoë Young",
            "greeting": "Hello Ann,",
            "question": "as far as Usher knows, Zoë Young last used Asana on 12 August, and has not answered.",
            "otherwise": "Without an answer by 12 December, an admin will be asked to release the seat.",
        },
        to_address=True,
    ),
]

KINDS = {kind.name: kind for kind in _KINDS}
FOR_USERS = [kind for kind in _KINDS if not kind.to_address]
