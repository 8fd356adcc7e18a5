"""Filters that are a form on a page."""

from django import forms

from usher.web.refused.problems import UnreadableRequest


def read(form: forms.BaseForm) -> None:
    """Raises UnreadableRequest for what a page would only name."""
    if not form.is_valid():
        raise UnreadableRequest({name: " ".join(map(str, errors)) for name, errors in form.errors.items()})
