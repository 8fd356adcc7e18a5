"""Tags about removals for the templates of every capability: {% load removal %}."""

from django import template
from django.template import Context
from django.utils import timezone

from usher.removal.cases.versions import version_of
from usher.removal.models import Case, Guardrails
from usher.web.phrases import counted

register = template.Library()


@register.simple_tag(takes_context=True)
def guardrails_now(context: Context) -> Guardrails:
    """The settings, and whether all removals are stopped; read once if the view has read them."""
    settings = context.get("guardrails")
    return settings if isinstance(settings, Guardrails) else Guardrails.get()


@register.filter
def remarks_in_words(count: int) -> str:
    """For the badge of a person or case with unanswered remarks."""
    return counted(count, "remark")


@register.filter
def version(case: Case) -> str:
    """Of the case as it is shown, for the form that decides about it."""
    return version_of(case)


@register.filter
def cause_now(case: Case) -> str:
    """The cause for the badge of a case: who still works here has not left, but is leaving."""
    is_leaving = case.last_day is not None and case.last_day >= timezone.localdate()
    return "leaving" if is_leaving and case.cause == Case.Cause.DIRECTORY else str(case.cause)
