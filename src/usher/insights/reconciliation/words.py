"""What pages say of each kind: why file and Usher differ there, and what to do."""

import msgspec

from usher.insights.reconciliation.kinds import Activity, Presence


class DifferenceWords(msgspec.Struct, frozen=True):
    """`label`: short, where the heading above says the rest. `todo` is empty where there is nothing to do."""

    label: str
    why: str
    todo: str = ""


OF_PRESENCE = {
    Presence.BOTH: DifferenceWords(
        "Active in Usher", "The file and Usher agree that they are members.", "Nothing."
    ),
    Presence.ELSEWHERE: DifferenceWords(
        "Active in another workspace only",
        "Usher lists no active membership in the workspace that the file is about, but one in another.",
        "Look them up in the Admin Console; if they are still members, sync.",
    ),
    Presence.LEFT_SINCE: DifferenceWords(
        "Left since the export",
        "Usher saw their membership end on the day of the export or later.",
        "Nothing: the next export will not have them.",
    ),
    Presence.LEFT_BEFORE: DifferenceWords(
        "Not Active before the export",
        "Usher has listed them as Not Active since before the export, or since the first sync.",
        "Sync, and look up in the Admin Console whether they are deactivated there.",
    ),
    Presence.FILTERED: DifferenceWords(
        "Outside the workspaces that are read",
        "Usher knows them from a workspace that the connection's filter now leaves out.",
        "If they should count, choose that workspace in the settings of the connection.",
    ),
    Presence.NOT_IN_USHER: DifferenceWords(
        "Not in Usher",
        "Nobody in Usher has their user ID or address: they joined after the last sync, or the address differs.",
        "Sync: Usher looks for them again after each sync.",
    ),
    Presence.JOINED_SINCE: DifferenceWords(
        "Joined since the export",
        "Their membership began on the day of the export or later.",
        "Nothing: the next export will have them.",
    ),
    Presence.NEVER_CAME: DifferenceWords(
        "Invited and never came",
        "Asana's API lists invited people as active; the Admin Console shows them on a page of their own.",
        "Invite them again, or take the invitation back.",
    ),
    Presence.GUEST: DifferenceWords(
        "Guests",
        "They are guests, and an export of members alone leaves guests out.",
        "To compare guests too, export members and guests.",
    ),
    Presence.SERVICE_ACCOUNT: DifferenceWords(
        "Service accounts and integrations",
        "They act through the API alone, or are protected as service accounts. The Admin Console has these under Apps.",
        "Look whether it is an app: a service account is not billed, a person's seat is.",
    ),
    Presence.OTHER_WORKSPACE: DifferenceWords(
        "In other workspaces only",
        "The file is about one workspace, and they are active in others alone.",
        "To compare, choose the workspace on the People page.",
    ),
    Presence.NOT_READ: DifferenceWords(
        "In a workspace that is no longer read",
        "The connected account no longer sees the workspace, so Usher shows it as it was last read.",
        "Give the account access again, or choose the workspaces of the connection.",
    ),
    Presence.UNKNOWN: DifferenceWords(
        "No known reason",
        "Nothing that Usher knows explains it. A division admin's export, or a filtered one, has only a part.",
        "Look some of them up in the Admin Console, and export all members.",
    ),
}

OF_ACTIVITY = {
    Activity.SAME: DifferenceWords("The same day", "The file and Usher's sources agree.", "Nothing."),
    Activity.SINCE_EXPORT: DifferenceWords(
        "Usher later: since the export",
        "They used Asana after the file was exported.",
        "Nothing; a new export brings both together.",
    ),
    Activity.USHER_LATER: DifferenceWords(
        "Usher later: seen by a source",
        "The audit log or the event stream saw use that the file does not have. One day can be the time zone.",
        "Nothing: Usher counts the later day.",
    ),
    Activity.CONSOLE_LATER: DifferenceWords(
        "Admin Console later",
        "Asana counts every page view, which no source of Usher shows. One day can be the time zone.",
        "Nothing: Usher counts the later day.",
    ),
    Activity.NOT_COVERED: DifferenceWords(
        "Admin Console later: not covered",
        "No source of Usher covers the whole day that the file has.",
        "Nothing for the past; with a service-account token, Usher covers the days to come.",
    ),
    Activity.CONSOLE_NEVER: DifferenceWords(
        "Admin Console says never",
        "The file says that they never logged in, but a source of Usher saw use by them.",
        "Look at their use: an app with their token may look like them.",
    ),
    Activity.CONSOLE_SILENT: DifferenceWords(
        "No day in the file",
        "A source of Usher saw use, and the file has neither a day nor “never”.",
        "Export the last activity too, if the file lacks the column.",
    ),
    Activity.ONLY_CONSOLE: DifferenceWords(
        "Only the Admin Console has a day",
        "No source of Usher has seen them: they only read, or they came before Usher's sources began.",
        "Nothing: Usher counts the Admin Console's day.",
    ),
    Activity.NEITHER: DifferenceWords(
        "Neither has a day",
        "The file has no activity, and no source of Usher has seen any.",
        "Ask whether they need their seat.",
    ),
}
