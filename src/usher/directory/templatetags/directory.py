"""What the pages of the directory, and pages that include a part of it, show."""

from django import template

from usher.directory.employment.card import EmploymentCard, employment_context
from usher.directory.employment.labels import FIELD_WORDS
from usher.roster.models import Person

register = template.Library()


@register.filter
def field_words(name: str) -> str:
    """A field of an employee in the history, in words."""
    return FIELD_WORDS.get(name, name)


@register.simple_tag
def employment(person: Person) -> EmploymentCard:
    """What `directory/_employment.html` shows: {% employment person as employment %}, then include it."""
    return employment_context(person)
