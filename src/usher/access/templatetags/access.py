"""Who may do what, in templates. Built in: no template has to load them."""

from django import template
from django.contrib.auth.models import AnonymousUser

from usher.access.models import User
from usher.access.roles import IN_WORDS, Action, roles_in_words

register = template.Library()


@register.filter
def may(user: User | AnonymousUser | str, action: str) -> bool:
    """Whether to offer it: `{% if user|may:"approve" %}`. Nobody (a template without a user) may nothing."""
    wanted = Action(action)  # a slip of the pen is an error, not a button that is missing
    return isinstance(user, User) and user.may(wanted)


@register.filter
def who_may(action: str) -> str:
    """Why a button is not there: `{{ "approve"|who_may }}` is "Only an approver or admin may approve."."""
    wanted = Action(action)
    return f"Only {roles_in_words(wanted)} may {IN_WORDS[wanted]}."
