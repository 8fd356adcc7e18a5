"""About the health of Usher, what the audit log shows, and the weekly summary."""

from usher.access.roles import UserRole
from usher.notify.wording.kind import NoticeKind, NoticeUrgency

WATCHES = [
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
        "stream_failing",
        "An event stream has been failing for an hour",
        "Nothing reaches a SIEM or another receiver, while events wait.",
        UserRole.ADMIN,
        "Nothing has reached {stream} for an hour",
        "The event stream {stream} ({where}) has failed since {since}. Waiting there: {waiting}.\n\n{problem}\n\n"
        "Nothing is lost: Usher keeps trying, and goes on where it was.",
        {
            "stream": "SIEM",
            "where": "splunk.example.com:8088",
            "since": "29 November 2026, 02:10 UTC",
            "waiting": "1,204 messages",
            "problem": "splunk.example.com refused the token (403). Check the token or key, and what it permits.",
        },
        link="Open the event stream",
        urgency=NoticeUrgency.AT_ONCE,
    ),
    NoticeKind(
        "stream_working",
        "An event stream works again",
        "After it had failed for an hour or longer, and that was told.",
        UserRole.ADMIN,
        "The event stream {stream} works again",
        "{stream} ({where}) takes events again. It had failed since {since}. Usher goes on where it stopped, and skips "
        "nothing.",
        {"stream": "SIEM", "where": "splunk.example.com:8088", "since": "29 November 2026, 02:10 UTC"},
        link="Open the event stream",
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
        "Members, teams, attachments or objects were exported, as the audit log says.",
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
]
