"""How roles, licences and states are shown: a word, an icon and a tone, never a colour alone."""

import msgspec


class Word(msgspec.Struct, frozen=True):
    """`tone` is one of success, info, warning, danger, neutral, accent."""

    text: str
    icon: str
    tone: str = "neutral"


WORDS: dict[str, dict[str, Word]] = {
    "role": {
        "admin": Word("Admin", icon="shield-check", tone="accent"),
        "member": Word("Member", icon="user", tone="info"),
        "guest": Word("Guest", icon="user-question"),
    },
    "licence": {
        "member": Word("Member", icon="armchair", tone="info"),
        "guest": Word("Guest", icon="user-question"),
        "view_only": Word("View-only", icon="eye"),
        "paused": Word("Paused", icon="player-pause", tone="warning"),
    },
    "status": {
        "active": Word("Active", icon="circle-check", tone="success"),
        "not_active": Word("Not Active", icon="circle-off"),
    },
    "mode": {
        "read": Word("Read", icon="eye"),
        "act": Word("Read and take action", icon="bolt", tone="accent"),
    },
    "connection": {
        "new": Word("Not synced yet", icon="plug-connected", tone="info"),
        "syncing": Word("Syncing", icon="refresh", tone="info"),
        "synced": Word("Connected and synced", icon="circle-check", tone="success"),
        "attention": Word("Needs attention", icon="alert-triangle", tone="warning"),
        "disconnected": Word("Disconnected", icon="plug-connected-x"),
    },
    "run": {
        "queued": Word("Waiting to start", icon="clock"),
        "running": Word("Running", icon="refresh", tone="info"),
        "asking": Word("Needs an answer", icon="hand-stop", tone="warning"),
        "done": Word("Done", icon="circle-check", tone="success"),
        "failed": Word("Failed", icon="circle-x", tone="danger"),
    },
    "check": {
        "waiting": Word("Waiting", icon="clock"),
        "running": Word("Running", icon="refresh", tone="info"),
        "passed": Word("Passed", icon="circle-check", tone="success"),
        "warned": Word("Limited", icon="alert-triangle", tone="warning"),
        "failed": Word("Failed", icon="circle-x", tone="danger"),
        "skipped": Word("Skipped", icon="circle-minus"),
    },
    "level": {
        "core": Word("Core", icon="flame", tone="success"),
        "regular": Word("Regular", icon="activity", tone="info"),
        "occasional": Word("Occasional", icon="clock"),
        "idle": Word("Idle", icon="zzz", tone="warning"),
        "unknown": Word("Unknown", icon="help-circle"),
    },
    "confidence": {
        "high": Word("High", icon="circle-check", tone="success"),
        "medium": Word("Medium", icon="alert-triangle", tone="warning"),
        "console": Word("Console", icon="table", tone="info"),
        "none": Word("None", icon="help-circle"),
    },
    "change": {
        "joined": Word("Joined", icon="user-plus", tone="success"),
        "left": Word("Left", icon="user-minus", tone="danger"),
        "returned": Word("Came back", icon="user-check", tone="success"),
        "role": Word("Role changed", icon="shield-check", tone="accent"),
        "licence": Word("Licence changed", icon="armchair", tone="info"),
    },
    "case": {
        "draft": Word("Draft", icon="pencil"),
        "waiting": Word("Waiting for approval", icon="hourglass", tone="warning"),
        "approved": Word("Approved", icon="thumb-up", tone="info"),
        "scheduled": Word("Scheduled", icon="calendar-time", tone="info"),
        "running": Word("In progress", icon="refresh", tone="info"),
        "done": Word("Done", icon="circle-check", tone="success"),
        "failed": Word("Failed", icon="circle-x", tone="danger"),
        "cancelled": Word("Cancelled", icon="ban"),
        "superseded": Word("Superseded", icon="arrow-forward-up"),
    },
    "case_kind": {
        "remove": Word("Remove from Asana", icon="user-minus", tone="danger"),
        "downgrade": Word("Downgrade to view-only", icon="eye", tone="warning"),
        "restore": Word("Invite again", icon="user-plus", tone="success"),
    },
    "cause": {
        "directory": Word("Left per directory", icon="address-book", tone="info"),
        "idle": Word("Idle seat", icon="zzz", tone="warning"),
        "hand": Word("Selected by hand", icon="hand-finger"),
    },
    "step": {
        "pending": Word("To do", icon="circle-dashed"),
        "running": Word("In progress", icon="refresh", tone="info"),
        "done": Word("Done", icon="circle-check", tone="success"),
        "skipped": Word("Not needed", icon="circle-minus"),
        "failed": Word("Failed", icon="circle-x", tone="danger"),
    },
    "outcome": {
        "pending": Word("Not yet", icon="clock"),
        "done": Word("Done and verified", icon="circle-check", tone="success"),
        "already": Word("Already removed", icon="circle-minus"),
        "already_done": Word("Already done", icon="circle-minus"),
        "unchanged": Word("Unchanged", icon="circle-minus"),
    },
    "approval": {
        "approved": Word("Approved", icon="thumb-up", tone="success"),
        "refused": Word("Rejected", icon="thumb-down", tone="danger"),
    },
    "protection": {
        "break_glass": Word("Break-glass admin", icon="key", tone="accent"),
        "service": Word("Service account", icon="robot", tone="info"),
        "integration": Word("Owner of an integration", icon="plug-connected", tone="info"),
        "other": Word("Other", icon="shield"),
    },
}


def word(kind: str, value: str) -> Word:
    """The word of a value; of a value that nobody foresaw, the value itself in plain words."""
    known = WORDS.get(kind, {}).get(value)
    return known or Word(value.replace("_", " ").capitalize() or "Unknown", icon="help-circle")
