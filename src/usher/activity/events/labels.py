"""Event types, categories and contexts in plain English, including those that Asana has added."""

from usher.activity.events.event_types import CATEGORIES, KNOWN

CONTEXTS = {
    "web": "Web",
    "desktop": "Desktop app",
    "mobile": "Mobile app",
    "email": "E-mail",
    "api": "API",
    "asana": "Asana itself",
    "asana_support": "Asana support",
}


def type_in_words(name: str) -> str:
    known = KNOWN.get(name)
    return known.title if known else name.replace("_", " ").capitalize() or "Without a type"


def category_in_words(name: str) -> str:
    return CATEGORIES.get(name) or name.replace("_", " ").capitalize() or "Without a category"


def context_in_words(name: str) -> str:
    return CONTEXTS.get(name) or name.replace("_", " ").capitalize()


def is_new(event_type: str, category: str) -> bool:
    """Whether this version of Usher does not know the type or the category."""
    return event_type not in KNOWN or category not in CATEGORIES
