"""Recovery codes are shown once: in the session that made them, until the user has them or ten minutes are over."""

import time

from django.http import HttpRequest

SHOWN_UNTIL = "recovery-codes-shown-until"
SHOWN_SECONDS = 10 * 60


def show_codes(request: HttpRequest) -> None:
    request.session[SHOWN_UNTIL] = time.time() + SHOWN_SECONDS


def are_shown(request: HttpRequest) -> bool:
    left = request.session.get(SHOWN_UNTIL, 0) - time.time()
    return 0 < left <= SHOWN_SECONDS


def hide_codes(request: HttpRequest) -> None:
    request.session.pop(SHOWN_UNTIL, None)
