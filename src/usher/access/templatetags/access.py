"""Who may do what, in templates. Built in: no template has to load them."""

from django import template
from django.contrib.auth.models import AnonymousUser
from django.utils.safestring import SafeString

from usher.access.models import User
from usher.access.roles import IN_WORDS, Action, roles_in_words
from usher.access.words import role_cell, state_cell

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


@register.simple_tag
def user_role(role: str) -> SafeString:
    """The badge of a role of Usher's."""
    return role_cell(role)


@register.simple_tag
def user_state(is_active: bool) -> SafeString:
    """The badge of an account of Usher's: active or deactivated."""
    return state_cell(is_active=is_active)
