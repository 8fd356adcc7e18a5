"""Traces of a service, where the environment asks for them."""

import logging

from usher.platform.following.tracing import start_traces

log = logging.getLogger(__name__)


def start_traces_if_wanted(service: str) -> None:
    """A service runs without traces where OpenTelemetry is not installed: others may have set its variables."""
    try:
        start_traces(service)
    except ModuleNotFoundError as missing:
        log.warning(
            "No traces are sent, although an OTLP endpoint is set: %s is not installed. Install usher-seats[otel].",
            missing.name,
        )
