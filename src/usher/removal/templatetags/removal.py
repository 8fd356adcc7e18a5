"""Tags about removals for the templates of every capability: {% load removal %}."""

from datetime import datetime
from html import escape

from django import template
from django.contrib.auth.models import AnonymousUser
from django.template import Context
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html
from django.utils.safestring import SafeString

from usher.access.models import User
from usher.access.roles import Action
from usher.access.templatetags.access import may, who_may
from usher.removal.cases.versions import version_of
from usher.removal.models import Case, Guardrails
from usher.roster.models import Person
from usher.web.phrases import counted
from usher.web.templatetags.components import icon

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


@register.simple_tag
def show_owned(person: Person, user: User | AnonymousUser | str) -> SafeString:
    """A button that reads from Asana what a person owns."""
    if not may(user, Action.OPEN_CASES):
        return format_html('<span class="text-secondary">{}</span>', who_may(Action.OPEN_CASES))
    key, url = person.pk, reverse("removal:owns", args=[person.pk])
    return SafeString(
        f'<div class="owns" id="owns-{key}"><a class="btn btn-sm" href="{url}" hx-get="{url}" hx-target="#owns-{key}"'
        f' hx-swap="outerHTML" hx-indicator="#owns-{key}">{icon("eye-search")}Show'
        f'<span class="visually-hidden"> what {escape(str(person))} owns</span></a>'
        ' <span class="owns-loading" aria-hidden="true">Reading from Asana…</span></div>'
    )


@register.filter
def version(case: Case) -> str:
    """Of the case as it is shown, for the form that decides about it."""
    return version_of(case)


@register.filter
def stored_moment(text: object) -> datetime | None:
    """A moment of a case's facts, which are JSON, in the viewer's time zone. None for none."""
    moment = parse_datetime(text) if isinstance(text, str) else None
    return timezone.localtime(moment) if moment and timezone.is_aware(moment) else moment


@register.filter
def cause_now(case: Case) -> str:
    """The cause for the badge of a case: who still works here has not left, but is leaving."""
    is_leaving = case.last_day is not None and case.last_day >= timezone.localdate()
    return "leaving" if is_leaving and case.cause == Case.Cause.DIRECTORY else str(case.cause)
