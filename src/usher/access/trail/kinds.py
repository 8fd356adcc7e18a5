"""The kinds of trail entries, and their badges."""

from enum import StrEnum

from usher.web.badges import Badge


class Seen(StrEnum):
    """What the trail records. Values are stored, so they do not change."""

    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    SLOWED_DOWN = "slowed_down"
    SIGNED_OUT = "signed_out"
    LINK_REFUSED = "link_refused"
    TOKEN_REFUSED = "token_refused"  # noqa: S105  # no password
    ADDRESS_ASKED = "address_asked"
    REFUSED = "refused"
    EXPORTED = "exported"
    TASKS_LOOKED_UP = "tasks_looked_up"


BADGES = {
    Seen.SIGNED_IN: Badge("Signed in", icon="key", tone="success"),
    Seen.SIGN_IN_FAILED: Badge("Sign-in failed", icon="alert-triangle", tone="warning"),
    Seen.SLOWED_DOWN: Badge("Too many attempts", icon="hand-stop", tone="danger"),
    Seen.SIGNED_OUT: Badge("Signed out", icon="circle-minus"),
    Seen.LINK_REFUSED: Badge("Sign-in link refused", icon="alert-triangle", tone="warning"),
    Seen.TOKEN_REFUSED: Badge("Token refused", icon="alert-triangle", tone="warning"),
    Seen.ADDRESS_ASKED: Badge("Asked for another address", icon="edit", tone="info"),
    Seen.REFUSED: Badge("Action refused", icon="ban", tone="warning"),
    Seen.EXPORTED: Badge("Exported", icon="download", tone="info"),
    Seen.TASKS_LOOKED_UP: Badge("Tasks looked up", icon="eye", tone="info"),
}


def badge_of_kind(kind: str) -> Badge:
    """Also for kinds of a newer version."""
    known = {str(seen): badge for seen, badge in BADGES.items()}.get(kind)
    return known or Badge(kind.replace("_", " ").capitalize(), icon="eye")
