"""Components for table cells. Pages show hundreds of them, so these avoid repeated work."""

from functools import lru_cache

from django.utils.html import format_html
from django.utils.safestring import SafeString

from usher.web.templatetags import components


@lru_cache(maxsize=256)
def badge_cell(kind: str, value: str) -> SafeString:
    """The `badge` component. There are few distinct badges, so each is rendered once."""
    return components.badge(kind, value)


def person_cell(name: str, email: str, url: str) -> SafeString:
    """The `person` component."""
    return components.person(name, email, url)


SELECT_COLUMN = {"th": {"class": "select-column"}, "td": {"class": "select-column"}}
"""Attributes for a column of check boxes."""


def select_cell(name: str, value: int, label: str) -> SafeString:
    """A check box that belongs to the selection form above the table."""
    return format_html(
        '<input class="form-check-input" type="checkbox" form="selection" name="{}" value="{}" aria-label="{}">',
        name,
        value,
        label,
    )
