"""Labels of actions and of actors."""

from usher.web.badges import Badge

AREAS = {
    "asana": Badge("Asana", icon="bolt", tone="danger"),
    "case": Badge("Case", icon="briefcase", tone="warning"),
    "access": Badge("Access", icon="shield-check", tone="accent"),
    "settings": Badge("Settings", icon="settings", tone="accent"),
    "connection": Badge("Connection", icon="plug-connected", tone="info"),
    "directory": Badge("Directory", icon="address-book", tone="info"),
    "events": Badge("Events", icon="circle-minus", tone="warning"),
    "rule": Badge("Rule", icon="checklist", tone="warning"),
    "notices": Badge("Notices", icon="bell", tone="info"),
    "pause": Badge("Licence pause", icon="player-pause", tone="warning"),
    "removals": Badge("Removals", icon="user-minus", tone="warning"),
}

KINDS = {
    "person": "Person",
    "token": "Token",
    "service": "Service account",
    "command": "Command line",
    "policy": "Rule",
    "system": "Usher itself",
}


def action_badge(action: str) -> Badge:
    """For example "Access: role changed" for "access.role_changed". Works for unknown areas too."""
    area, _, what = action.partition(".")
    area_badge = AREAS.get(area)
    name = area_badge.text if area_badge else area.replace("_", " ").capitalize()
    text = f"{name}: {what.replace('_', ' ')}" if what else name
    return Badge(text, area_badge.icon, area_badge.tone) if area_badge else Badge(text, icon="notebook")


def area_in_words(area: str) -> str:
    area_badge = AREAS.get(area)
    return area_badge.text if area_badge else area.replace("_", " ").capitalize()
