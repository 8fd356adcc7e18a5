"""Tags about removals for the templates of every capability: {% load removal %}."""

from django import template
from django.template import Context

from usher.removal.models import Guardrails

register = template.Library()


@register.simple_tag(takes_context=True)
def guardrails_now(context: Context) -> Guardrails:
    """The settings, and whether all removals are stopped; read once if the view has read them."""
    settings = context.get("guardrails")
    return settings if isinstance(settings, Guardrails) else Guardrails.get()
