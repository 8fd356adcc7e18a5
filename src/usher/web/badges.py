"""The badges of all pages: roles, licences and states, each as a label, an icon and a tone, never a colour alone."""

import msgspec


class Badge(msgspec.Struct, frozen=True):
    """`tone`: success, info, warning, danger, neutral or accent."""

    text: str
    icon: str
    tone: str = "neutral"


BADGES: dict[str, dict[str, Badge]] = {
    "role": {
        "admin": Badge("Admin", icon="shield-check", tone="accent"),
        "member": Badge("Member", icon="user", tone="info"),
        "guest": Badge("Guest", icon="user-question"),
    },
    "licence": {
        "member": Badge("Member", icon="armchair", tone="info"),
        "guest": Badge("Guest", icon="user-question"),
        "view_only": Badge("View-only", icon="eye"),
        "paused": Badge("Paused", icon="player-pause", tone="warning"),
    },
    "status": {
        "active": Badge("Active", icon="circle-check", tone="success"),
        "not_active": Badge("Not Active", icon="circle-off"),
    },
    "user_role": {
        "viewer": Badge("Viewer", icon="eye"),
        "operator": Badge("Operator", icon="refresh", tone="info"),
        "approver": Badge("Approver", icon="circle-check", tone="success"),
        "admin": Badge("Admin", icon="shield-check", tone="accent"),
    },
    "user_state": {
        "active": Badge("Active", icon="circle-check", tone="success"),
        "deactivated": Badge("Deactivated", icon="circle-off"),
    },
    "service_account": {
        "active": Badge("Active", icon="circle-check", tone="success"),
        "ended": Badge("Ended", icon="clock", tone="warning"),
        "deactivated": Badge("Deactivated", icon="circle-off"),
    },
    "token": {
        "soon": Badge("Ends soon", icon="clock", tone="warning"),
        "expired": Badge("Ended", icon="circle-off"),
    },
    "mode": {
        "read": Badge("Read", icon="eye"),
        "act": Badge("Read and take action", icon="bolt", tone="accent"),
    },
    "connection": {
        "new": Badge("Not synced yet", icon="plug-connected", tone="info"),
        "syncing": Badge("Syncing", icon="refresh", tone="info"),
        "synced": Badge("Connected and synced", icon="check", tone="success"),
        "attention": Badge("Needs attention", icon="alert-triangle", tone="warning"),
        "disconnected": Badge("Disconnected", icon="plug-connected-x"),
    },
    "run": {
        "queued": Badge("Waiting to start", icon="clock"),
        "running": Badge("Running", icon="refresh", tone="info"),
        "asking": Badge("Needs an answer", icon="hand-stop", tone="warning"),
        "done": Badge("Done", icon="circle-check", tone="success"),
        "failed": Badge("Failed", icon="circle-x", tone="danger"),
    },
    "check": {
        "waiting": Badge("Waiting", icon="circle-dashed"),
        "running": Badge("Running", icon="loader-2", tone="info"),
        "passed": Badge("Passed", icon="circle-check", tone="success"),
        "warned": Badge("Limited", icon="alert-triangle", tone="warning"),
        "failed": Badge("Failed", icon="circle-x", tone="danger"),
        "skipped": Badge("Skipped", icon="circle-minus"),
    },
    "delivery": {
        "waiting": Badge("Waiting", icon="clock"),
        "sending": Badge("Being sent", icon="loader-2", tone="info"),
        "sent": Badge("Sent", icon="circle-check", tone="success"),
        "failed": Badge("Failed", icon="circle-x", tone="danger"),
        "bounced": Badge("Bounced", icon="circle-x", tone="danger"),
        "discarded": Badge("Discarded", icon="circle-minus"),
    },
    "level": {
        "core": Badge("Core", icon="flame", tone="success"),
        "regular": Badge("Regular", icon="activity", tone="info"),
        "occasional": Badge("Occasional", icon="clock"),
        "idle": Badge("Idle", icon="zzz", tone="warning"),
        "unknown": Badge("Unknown", icon="help-circle"),
    },
    "confidence": {
        "high": Badge("High", icon="circle-check", tone="success"),
        "medium": Badge("Medium", icon="alert-triangle", tone="warning"),
        "console": Badge("Console", icon="table", tone="info"),
        "none": Badge("None", icon="help-circle"),
    },
    "change": {
        "joined": Badge("Joined", icon="user-plus", tone="success"),
        "left": Badge("Left", icon="user-minus", tone="danger"),
        "returned": Badge("Came back", icon="user-check", tone="success"),
        "role": Badge("Role changed", icon="shield-check", tone="accent"),
        "licence": Badge("Licence changed", icon="armchair", tone="info"),
    },
    "employment_group": {
        "employed": Badge("Employed", icon="circle-check", tone="success"),
        "leaving": Badge("Leaving", icon="clock", tone="warning"),
        "left": Badge("Left", icon="user-minus", tone="danger"),
        "not_listed": Badge("No longer listed", icon="user-question", tone="warning"),
        "guest": Badge("External guest", icon="user-question"),
        "service_account": Badge("Service account", icon="bolt", tone="info"),
        "unknown": Badge("Unknown to the directory", icon="help-circle", tone="warning"),
    },
    "employee": {
        "active": Badge("Works here", icon="circle-check", tone="success"),
        "leaving": Badge("Leaving", icon="clock", tone="warning"),
        "left": Badge("Left", icon="user-minus", tone="danger"),
        "not_listed": Badge("No longer listed", icon="user-question", tone="warning"),
    },
    "employee_change": {
        "joined": Badge("Joined", icon="user-plus", tone="success"),
        "leaving": Badge("Leaves on a date", icon="clock", tone="warning"),
        "left": Badge("Left", icon="user-minus", tone="danger"),
        "returned": Badge("Came back", icon="user-check", tone="success"),
        "unlisted": Badge("No longer listed", icon="user-question", tone="warning"),
        "changed": Badge("Changed", icon="edit", tone="info"),
    },
    "case": {
        "draft": Badge("Draft", icon="pencil"),
        "waiting": Badge("Waiting for approval", icon="hourglass", tone="warning"),
        "approved": Badge("Approved", icon="thumb-up", tone="info"),
        "scheduled": Badge("Scheduled", icon="calendar-time", tone="info"),
        "running": Badge("In progress", icon="refresh", tone="info"),
        "done": Badge("Done", icon="circle-check", tone="success"),
        "failed": Badge("Failed", icon="circle-x", tone="danger"),
        "cancelled": Badge("Cancelled", icon="ban"),
        "superseded": Badge("Superseded", icon="arrow-forward-up"),
    },
    "case_kind": {
        "remove": Badge("Remove from Asana", icon="user-minus", tone="danger"),
        "downgrade": Badge("Downgrade to view-only", icon="eye", tone="warning"),
        "restore": Badge("Invite again", icon="user-plus", tone="success"),
    },
    "cause": {
        "directory": Badge("Left per directory", icon="address-book", tone="info"),
        "leaving": Badge("Leaving per directory", icon="address-book", tone="info"),
        "idle": Badge("Idle seat", icon="zzz", tone="warning"),
        "released": Badge("Seat released", icon="armchair", tone="success"),
        "hand": Badge("Selected by hand", icon="hand-finger"),
    },
    "step": {
        "pending": Badge("To do", icon="circle-dashed"),
        "running": Badge("In progress", icon="refresh", tone="info"),
        "done": Badge("Done", icon="circle-check", tone="success"),
        "skipped": Badge("Not needed", icon="circle-minus"),
        "failed": Badge("Failed", icon="circle-x", tone="danger"),
    },
    "outcome": {
        "pending": Badge("Not yet", icon="clock"),
        "done": Badge("Done and verified", icon="circle-check", tone="success"),
        "already": Badge("Already removed", icon="circle-minus"),
        "already_done": Badge("Already done", icon="circle-minus"),
        "unchanged": Badge("Unchanged", icon="circle-minus"),
    },
    "pause": {
        "to_do": Badge("To pause", icon="hand-finger", tone="info"),
        "ticked": Badge("Ticked, not verified", icon="clock"),
        "unseen": Badge("Ticked, not seen", icon="alert-triangle", tone="warning"),
        "paused": Badge("Paused, verified", icon="circle-check", tone="success"),
        "billed": Badge("Billed again", icon="coin", tone="warning"),
        "taken_off": Badge("Taken off", icon="circle-minus"),
    },
    "policy": {
        "off": Badge("Off", icon="circle-off"),
        "watching": Badge("Watching", icon="eye", tone="info"),
        "acting": Badge("Acting", icon="bolt", tone="accent"),
        "asking": Badge("Stopped, asks", icon="hand-stop", tone="warning"),
    },
    "seat_question": {
        "asked": Badge("Asked", icon="mail", tone="info"),
        "kept": Badge("Needs it", icon="circle-check", tone="success"),
        "released": Badge("Released", icon="user-minus", tone="warning"),
        "no_answer": Badge("No answer", icon="clock"),
        "bounced": Badge("Mail bounced", icon="alert-triangle", tone="warning"),
        "used": Badge("Used Asana since", icon="activity", tone="success"),
        "ended": Badge("No longer asked", icon="circle-off"),
    },
    "policy_run": {
        "running": Badge("Running", icon="refresh", tone="info"),
        "done": Badge("Done", icon="circle-check", tone="success"),
        "asking": Badge("Stopped to ask", icon="hand-stop", tone="warning"),
        "skipped": Badge("Not finished", icon="circle-minus"),
    },
    "approval": {
        "approved": Badge("Approved", icon="thumb-up", tone="success"),
        "refused": Badge("Rejected", icon="thumb-down", tone="danger"),
    },
    "protection": {
        "break_glass": Badge("Break-glass admin", icon="key", tone="accent"),
        "service": Badge("Service account", icon="robot", tone="info"),
        "integration": Badge("Owner of an integration", icon="plug-connected", tone="info"),
        "other": Badge("Other", icon="shield"),
    },
}


def badge_of(kind: str, value: str) -> Badge:
    """The badge of a value of one of the kinds in BADGES. A value that is not there is shown in plain words."""
    known = BADGES.get(kind, {}).get(value)
    return known or Badge(value.replace("_", " ").capitalize() or "Unknown", icon="help-circle")
