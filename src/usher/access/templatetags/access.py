"""Permissions in templates. Built in: no template has to load them."""

from django import template
from django.contrib.auth.models import AnonymousUser

from usher.access.models import User
from usher.access.roles import IN_WORDS, Action, roles_in_words

register = template.Library()


@register.filter
def may(user: User | AnonymousUser | str, action: str) -> bool:
    """Whether the user may do this: `{% if user|may:"approve" %}`. False where a page has no user."""
    wanted = Action(action)  # a misspelt action is an error, not a missing button
    return isinstance(user, User) and user.may(wanted)


@register.filter
def who_may(action: str) -> str:
    """Why a button is missing: `{{ "approve"|who_may }}` is "Only an approver or admin may approve."."""
    wanted = Action(action)
    return f"Only {roles_in_words(wanted)} may {IN_WORDS[wanted]}."
