"""How large the body of a request may be, which the web server asks before it reads one (usher.config.server)."""

from collections.abc import Callable
from typing import TypeVar

V = TypeVar("V", bound=Callable[..., object])

FORM_BYTES = 512 * 1024
"""A form without a file. Django takes 1,000 fields at most."""

AROUND_THE_FILE_BYTES = 64 * 1024
"""The other fields of a form with a file, and what separates them."""


def takes_upload(most_bytes: int) -> Callable[[V], V]:
    """A view whose form has a file of up to `most_bytes`. Any other address refuses a body of that size unread."""

    def declare(view: V) -> V:
        view.most_body_bytes = most_bytes + AROUND_THE_FILE_BYTES  # type: ignore[attr-defined]
        return view

    return declare


def upload_limit(view: Callable[..., object]) -> int | None:
    """Bytes that the body of a request to `view` may have; None for a view that takes no files."""
    return getattr(view, "most_body_bytes", None)
