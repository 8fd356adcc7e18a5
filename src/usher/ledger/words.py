"""Labels of actions and of actors."""

from usher.web.badges import Badge

AREAS = {
    "asana": Badge("Asana", icon="bolt", tone="danger"),
    "case": Badge("Case", icon="briefcase", tone="warning"),
    "access": Badge("Access", icon="shield-check", tone="accent"),
    "settings": Badge("Settings", icon="settings", tone="accent"),
    "connection": Badge("Connection", icon="plug-connected", tone="info"),
    "directory": Badge("Directory", icon="address-book", tone="info"),
    "removals": Badge("Removals", icon="user-minus", tone="warning"),
}

KINDS = {
    "person": "Person",
    "token": "Token",
    "command": "Command line",
    "policy": "Policy",
    "system": "Usher itself",
}


def action_badge(action: str) -> Badge:
    """For example "Access: role changed" for "access.role_changed". Works for unknown areas too."""
    area, _, what = action.partition(".")
    known = AREAS.get(area)
    name = known.text if known else area.replace("_", " ").capitalize()
    text = f"{name}: {what.replace('_', ' ')}" if what else name
    return Badge(text, known.icon, known.tone) if known else Badge(text, icon="notebook")


def area_in_words(area: str) -> str:
    known = AREAS.get(area)
    return known.text if known else area.replace("_", " ").capitalize()
