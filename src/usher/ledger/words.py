"""How actions and those who did them are shown."""

from usher.web.words import Word

AREAS = {
    "asana": Word("Asana", icon="bolt", tone="danger"),
    "case": Word("Case", icon="briefcase", tone="warning"),
    "access": Word("Access", icon="shield-check", tone="accent"),
    "settings": Word("Settings", icon="settings", tone="accent"),
    "connection": Word("Connection", icon="plug-connected", tone="info"),
    "directory": Word("Directory", icon="address-book", tone="info"),
    "removals": Word("Removals", icon="user-minus", tone="warning"),
}

KINDS = {
    "person": "Person",
    "token": "Token",
    "command": "Command line",
    "policy": "Policy",
    "system": "Usher itself",
}


def action_in_words(action: str) -> Word:
    """ "access.role_changed" is "Access: role changed"; of an area that nobody foresaw, the same."""
    area, _, what = action.partition(".")
    known = AREAS.get(area)
    name = known.text if known else area.replace("_", " ").capitalize()
    text = f"{name}: {what.replace('_', ' ')}" if what else name
    return Word(text, known.icon, known.tone) if known else Word(text, icon="notebook")


def area_in_words(area: str) -> str:
    known = AREAS.get(area)
    return known.text if known else area.replace("_", " ").capitalize()
