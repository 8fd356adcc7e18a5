"""OpenTelemetry traces, for installations with the extra `otel` that set OTEL_EXPORTER_OTLP_ENDPOINT.

Without both, nothing of OpenTelemetry is imported and a span costs nothing. Spans hold no addresses, gids, values of
statements, or people.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor
    from opentelemetry.trace import Span, Tracer

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
Kind = Literal["internal", "server", "client", "consumer"]
Noted = str | int | float | bool

_tracer: "Tracer | None" = None


class OpenSpan:
    """What is at work now. Without tracing, all of it does nothing."""

    def __init__(self, span: "Span | None" = None) -> None:
        self._span = span

    def name(self, name: str) -> None:
        if self._span is not None:
            self._span.update_name(name)

    def note(self, name: str, value: Noted) -> None:
        if self._span is not None:
            self._span.set_attribute(name, value)

    def failed(self) -> None:
        if self._span is not None:
            from opentelemetry.trace import StatusCode

            self._span.set_status(StatusCode.ERROR)


_NO_SPAN = OpenSpan()


def is_wanted() -> bool:
    return any(os.environ.get(name) for name in ENDPOINTS)


def start_traces(service: str, processor: "SpanProcessor | None" = None) -> bool:
    """Sends spans from here on, in this process: call it after a fork. Returns whether it does.

    Raises ModuleNotFoundError without the extra. `processor`: in place of sending them by OTLP, for tests.
    """
    if processor is None and not is_wanted():
        return False
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider

    if processor is None:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        processor = BatchSpanProcessor(OTLPSpanExporter())
    # OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES come first.
    given = {"service.name": service, "service.version": _version()}
    if os.environ.get("OTEL_SERVICE_NAME"):
        del given["service.name"]
    provider = TracerProvider(resource=Resource.create(given))
    provider.add_span_processor(processor)
    global _tracer
    _tracer = provider.get_tracer("usher")
    return True


def stop_traces() -> None:
    """No more spans. Those that wait are sent when the process ends."""
    global _tracer
    _tracer = None


@contextmanager
def span(name: str, *, kind: Kind = "internal", parent: str = "") -> Iterator[OpenSpan]:
    """`parent`: the header `traceparent` of whoever asked, if it is trusted."""
    if _tracer is None:
        yield _NO_SPAN
        return
    from opentelemetry.trace import SpanKind
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    context = TraceContextTextMapPropagator().extract({"traceparent": parent}) if parent else None
    # What an error says may name people, so that only its kind is noted.
    with _tracer.start_as_current_span(
        name, context, SpanKind[kind.upper()], record_exception=False, set_status_on_exception=False
    ) as opened:
        try:
            yield OpenSpan(opened)
        except BaseException as error:
            opened.set_attribute("error.type", type(error).__name__)
            OpenSpan(opened).failed()
            raise


def note_span(
    name: str, began: float, seconds: float, noted: dict[str, Noted], *, kind: Kind = "client", failed: bool
) -> None:
    """A span that is over. `began`: seconds since 1970."""
    if _tracer is None:
        return
    from opentelemetry.trace import SpanKind

    start = int(began * 1e9)
    done = _tracer.start_span(name, kind=SpanKind[kind.upper()], attributes=noted, start_time=start)
    if failed:
        OpenSpan(done).failed()
    done.end(start + int(seconds * 1e9))


def is_traced() -> bool:
    return _tracer is not None


def _version() -> str:
    try:
        return version("usher-seats")
    except PackageNotFoundError:
        return "dev"
