"""Which passwords are refused, besides those that are short, common or like the user's name."""

import re

from django.conf import settings
from django.core.exceptions import ValidationError
from zxcvbn import zxcvbn

from usher.access.models import User

LEAST_SCORE = (
    3  # of 4: a guesser who knows the usual passwords, words, dates and patterns needs over 10^8 attempts
)
LONGEST = 1000
JUDGED = 72  # characters; the estimate takes long for more, and nobody guesses what is longer
OF_THIS_PRODUCT = ["usher", "asana"]


class NotGuessable:
    """Refuses what is guessed soon, by zxcvbn: its lists of breached passwords, names and words, and usual patterns."""

    def validate(self, password: str, user: User | None = None) -> None:
        if len(password) > LONGEST:
            raise ValidationError(f"A password has at most {LONGEST} characters.", code="password_too_long")
        if not password:
            return
        judged = zxcvbn(password[:JUDGED], user_inputs=[*OF_THIS_PRODUCT, *_words_of(user)])
        if judged["score"] >= LEAST_SCORE:
            return
        why = judged["feedback"]["warning"] or "It consists of what is guessed first."
        raise ValidationError(
            f"This password is easy to guess. {why} Three or four unrelated words make a good one.",
            code="password_guessable",
        )

    def get_help_text(self) -> str:
        return "Three or four unrelated words make a good password."


def _words_of(user: User | None) -> list[str]:
    """What a guesser knows of the user and of this installation."""
    known = [settings.USHER_BASE_URL.partition("://")[2]]
    if user is not None:
        known += [user.username, user.email, user.name]
    return [word for text in known for word in [text, *re.split(r"\W+", text)] if word]
