"""Where somebody is listed, and how the last activity compares. Everybody is of exactly one `Presence`.

What decides is in `statement`; what pages say of each is in `words`.
"""

from django.db.models import TextChoices


class Presence(TextChoices):
    """Of everybody in the file, and of everybody whom Usher lists as active."""

    BOTH = "both", "In the file and active in Usher"
    ELSEWHERE = "elsewhere", "In the file, active in another workspace only"
    LEFT_SINCE = "left_since", "In the file, left since the export"
    LEFT_BEFORE = "left_before", "In the file, Not Active before the export"
    FILTERED = "filtered", "In the file, outside the workspaces that are read"
    NOT_IN_USHER = "not_in_usher", "In the file, not in Usher"
    NOT_READ = "not_read", "Not in the file: in a workspace that is no longer read"
    OTHER_WORKSPACE = "other_workspace", "Not in the file: in other workspaces only"
    JOINED_SINCE = "joined_since", "Not in the file: joined since the export"
    SERVICE_ACCOUNT = "service_account", "Not in the file: service account or integration"
    NEVER_CAME = "never_came", "Not in the file: invited and never came"
    GUEST = "guest", "Not in the file: guest"
    UNKNOWN = "unknown", "Not in the file: no known reason"


class Activity(TextChoices):
    """How the last activity in the file compares with the last use that Usher's own sources have seen.

    Of everybody who is in the file and whom Usher lists as active.
    """

    SAME = "same", "The same day"
    SINCE_EXPORT = "since_export", "Usher later: used since the export"
    USHER_LATER = "usher_later", "Usher later: a source of Usher saw it"
    CONSOLE_LATER = "console_later", "Admin Console later: no source of Usher shows it"
    NOT_COVERED = "not_covered", "Admin Console later: on a day that no source of Usher covers"
    CONSOLE_NEVER = "console_never", "The Admin Console says never, Usher has seen use"
    CONSOLE_SILENT = "console_silent", "The file has no day, Usher has seen use"
    ONLY_CONSOLE = "only_console", "Only the Admin Console has a day"
    NEITHER = "neither", "Neither has a day"


class PresenceGroup(TextChoices):
    """Several kinds of presence together, as figures and filters count them."""

    IN_FILE = "in_file", "In the file"
    MATCHED = "matched", "In the file and known to Usher"
    ACTIVE = "active", "Active in Usher"
    COMPARED = "compared", "In the file and active in Usher, in whatever workspace"
    NOT_ACTIVE = "not_active", "In the file and Not Active in Usher"
    ONLY_USHER = "only_usher", "Active in Usher and not in the file"

    @property
    def presences(self) -> frozenset[Presence]:
        return TOGETHER[self]


_COMPARED = frozenset({Presence.BOTH, Presence.ELSEWHERE})
_NOT_ACTIVE = frozenset({Presence.LEFT_SINCE, Presence.LEFT_BEFORE})
_MATCHED = _COMPARED | _NOT_ACTIVE | {Presence.FILTERED}
_IN_FILE = _MATCHED | {Presence.NOT_IN_USHER}
_ONLY_USHER = frozenset(Presence) - _IN_FILE

TOGETHER: dict[PresenceGroup, frozenset[Presence]] = {
    PresenceGroup.IN_FILE: _IN_FILE,
    PresenceGroup.MATCHED: _MATCHED,
    PresenceGroup.ACTIVE: _COMPARED | _ONLY_USHER,
    PresenceGroup.COMPARED: _COMPARED,
    PresenceGroup.NOT_ACTIVE: _NOT_ACTIVE,
    PresenceGroup.ONLY_USHER: _ONLY_USHER,
}
