"""What templates of any capability ask of removals. To be loaded: {% load removal %}."""

from django import template

from usher.removal.models import Guardrails

register = template.Library()


@register.simple_tag
def guardrails_now() -> Guardrails:
    """The settings, and whether all removals are stopped."""
    return Guardrails.get()
