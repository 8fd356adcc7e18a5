"""What the pages of the directory, and pages that include a part of it, show."""

from django import template

from usher.directory.employment.card import EmploymentCard, employment_context
from usher.directory.employment.labels import FIELD_LABELS
from usher.directory.models import Source
from usher.directory.tokens import address_of
from usher.roster.models import Person
from usher.web.badges import badge_of

register = template.Library()


@register.filter
def field_label(name: str) -> str:
    """What pages call a field of an employee."""
    return FIELD_LABELS.get(name, name)


@register.filter
def change_icon(kind: str) -> str:
    """The icon of a change of an employee, as on its badge."""
    return badge_of("employee_change", kind).icon


@register.simple_tag
def employment(person: Person) -> EmploymentCard:
    """What `directory/_employment.html` shows: {% employment person as card %}."""
    return employment_context(person)


@register.filter
def address(source: Source) -> str:
    """The address to enter in the identity provider or HR system."""
    return address_of(source)
