"""What the pages show of how a source is reached."""

from django import template

from usher.directory.models import Source
from usher.directory.token_views import address_of

register = template.Library()


@register.filter
def address(source: Source) -> str:
    """Where an identity provider or HR system sends this source's employees."""
    return address_of(source)
