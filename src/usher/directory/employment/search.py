"""Searching people by what is kept about each, where name and e-mail are one text."""

from django.db.models import Q, Value
from django.db.models.functions import Upper


def has_words(text: str, prefix: str = "") -> Q:
    """As `every_word` of name and e-mail. `prefix` leads to the Standing."""
    condition = Q()
    for word in text.split():
        condition &= Q(**{f"{prefix}words__contains": Upper(Value(word))})
    return condition
