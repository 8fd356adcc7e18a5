"""What the audit log shows that should not happen: for whoever looks after the security of Asana."""

from usher.access.roles import UserRole
from usher.notify.wording.kind import NoticeKind, NoticeUrgency

_WHO, _WHEN, _ACCOUNT = "Zoë Young (zoe.young@example.com)", "29 November 2026, 03:41 UTC", "Acme"
_LINK = "See it in the audit log"

DETECTIONS = [
    NoticeKind(
        "organisation_export",
        "An export of the whole organisation",
        "Everything in Asana was exported, as the audit log says.",
        UserRole.ADMIN,
        "The whole organisation is exported by {who}",
        "{who} started it on {when} in {account}. Asana calls it {event}: {what}.\n\nIf nobody meant that, look at "
        "what else they did, and end their sessions in Asana.",
        {
            "what": "Organization export started",
            "who": _WHO,
            "when": _WHEN,
            "account": _ACCOUNT,
            "event": "workspace_export_started",
        },
        link=_LINK,
        many="{count} exports of the whole organisation",
        urgency=NoticeUrgency.AT_ONCE,
    ),
    NoticeKind(
        "sign_in_without_sso",
        "A sign-in to Asana without SSO",
        "Of a member, where single sign-on is required: once for each person and day.",
        UserRole.ADMIN,
        "{person} signed in to Asana without SSO",
        "{person} signed in to {workspace} ({account}) by {way} on {when}, from {address}. Single sign-on is required "
        "there.\n\nAsk them. If it was not them, end their sessions in Asana. If this way is allowed, change the "
        "connection.",
        {
            "person": _WHO,
            "workspace": "Acme",
            "account": _ACCOUNT,
            "way": "password",
            "when": _WHEN,
            "address": "198.51.100.7",
        },
        link=_LINK,
        many="{count} people signed in to Asana without SSO",
        urgency=NoticeUrgency.AT_ONCE,
    ),
    NoticeKind(
        "failed_sign_ins",
        "Many failed sign-ins to Asana",
        "10 within an hour for a person, or 30 from an address.",
        UserRole.ADMIN,
        "Many failed sign-ins to Asana: {who}",
        "{count} or more sign-ins to {workspace} ({account}) failed within an hour for {who}, up to {when}.\n\nSee "
        "whether one succeeded afterwards.",
        {"who": _WHO, "count": 10, "workspace": "Acme", "account": _ACCOUNT, "when": _WHEN},
        link=_LINK,
        many="Many failed sign-ins to Asana, {count} times",
        urgency=NoticeUrgency.AT_ONCE,
    ),
    NoticeKind(
        "service_account_created",
        "A service account was made in Asana",
        "It sees and changes everything in the organisation.",
        UserRole.ADMIN,
        "A service account was made in Asana by {who}",
        "{who} made a service account in {account} on {when}. It sees and changes everything there, without a second "
        "factor.\n\nIf nobody meant that, delete it in Asana (Admin Console → Apps → Service accounts).",
        {"who": _WHO, "account": _ACCOUNT, "when": _WHEN},
        link=_LINK,
        many="{count} service accounts were made in Asana",
        urgency=NoticeUrgency.AT_ONCE,
    ),
    NoticeKind(
        "token_of_leaver",
        "An app or a token of somebody who left",
        "The directory says that they left, and it was made or used after that day.",
        UserRole.ADMIN,
        "{person} left, and {what}",
        "The directory says that {person} left {left}. On {when}, they or somebody with their token {what} in "
        "{account}.\n\nRemove them from Asana, which ends their tokens.",
        {
            "person": _WHO,
            "left": "on 14 November 2026",
            "what": "used Asana by an app or a token",
            "account": _ACCOUNT,
            "when": _WHEN,
        },
        link=_LINK,
        many="Apps and tokens of {count} people who left",
        urgency=NoticeUrgency.AT_ONCE,
    ),
    NoticeKind(
        "public_sharing",
        "Public sharing was switched on in Asana",
        "Links or forms that need no sign-in, for the organisation or a project.",
        UserRole.ADMIN,
        "Public sharing in Asana: {what}",
        "{who} switched it on in {account} on {when}. Asana calls it {event}.\n\nWhoever has such a link sees what it "
        "leads to, without an account.",
        {
            "who": _WHO,
            "what": "Read-only link of a project turned on",
            "account": _ACCOUNT,
            "when": _WHEN,
            "event": "project_view_link_enabled",
        },
        link=_LINK,
        many="Public sharing in Asana was switched on {count} times",
    ),
    NoticeKind(
        "many_detections",
        "More of the same in the audit log",
        "More than 20 notices of one kind about one day: the others are only in the audit log.",
        UserRole.ADMIN,
        "More in {account}: {what}",
        "“{what}”: on {day}, there was more of it in {account} than the {told} that Usher tells you of. The audit log "
        "has all of them.",
        {
            "what": "A sign-in to Asana without SSO",
            "told": 20,
            "account": _ACCOUNT,
            "day": "29 November 2026",
        },
        link="Open the audit log",
        urgency=NoticeUrgency.AT_ONCE,
    ),
]
