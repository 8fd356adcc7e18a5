"""What the pages of the directory, and pages that include a part of it, show."""

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from usher.directory.employment.badges import FIELD_WORDS, GROUPS, STATUSES, STEPS
from usher.directory.employment.card import EmploymentCard, employment_context
from usher.directory.employment.status import EmploymentGroup
from usher.directory.models import Employee, EmployeeChange
from usher.roster.models import Person
from usher.web.templatetags.usher import BadgeContext

register = template.Library()


@register.inclusion_tag("web/components/badge.html")
def group_badge(group: str) -> BadgeContext:
    """In which group somebody is."""
    return {"word": GROUPS[EmploymentGroup(group)]}


@register.inclusion_tag("web/components/badge.html")
def employee_badge(status: str) -> BadgeContext:
    """Whether an employee works here."""
    return {"word": STATUSES[Employee.Status(status)]}


@register.inclusion_tag("web/components/badge.html")
def step_badge(kind: str) -> BadgeContext:
    """A step in the history of an employee."""
    return {"word": STEPS[EmployeeChange.Kind(kind)]}


@register.filter
def field_words(name: str) -> str:
    """A field of an employee in the history, in words."""
    return FIELD_WORDS.get(name, name)


@register.simple_tag
def employment(person: Person) -> EmploymentCard:
    """What `directory/_employment.html` shows: {% employment person as employment %}, then include it."""
    return employment_context(person)


def group_cell(group: str) -> SafeString:
    return render_to_string("web/components/badge.html", {"word": GROUPS[EmploymentGroup(group)]})
