"""The web server: requests are received whole before they take a thread (docs/decisions/0017)."""

import logging
from typing import TYPE_CHECKING

from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

from usher.platform.importing import uncollected_imports
from usher.platform.outages import WithoutOutages

if TYPE_CHECKING:
    from django.core.handlers.wsgi import WSGIHandler


class _Server(BaseApplication):
    def __init__(self, options: dict[str, object]) -> None:
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> "WSGIHandler":
        from usher.config.wsgi import application
        from usher.platform.statements import limit_statements

        limit_statements()
        return application


class _OurLog(Logger):
    """gunicorn's messages are entries of our log like all others, in the format of the settings."""

    def setup(self, cfg: object) -> None:
        super().setup(cfg)
        self.error_log.handlers = []
        self.error_log.propagate = True


def _load_once() -> None:
    """Imports all pages before the processes are forked, which then share the time and the memory of it.

    A page that makes many objects would wait a tenth of a second while Python looks for garbage in all of it.
    """
    with uncollected_imports():
        from django.urls import get_resolver

        from usher.config.wsgi import application

        assert application
        assert get_resolver().url_patterns


def _choose_databases() -> None:
    """Pages may go through a pool and read from a replica. Before the processes are forked, which open connections."""
    from django.db import connections

    from usher.platform.database import use_pool
    from usher.platform.replica import use_replica

    connections.close_all()
    use_pool()
    use_replica()


def serve(host: str, port: int, workers: int, threads: int) -> None:
    """Serves until it is stopped. `threads` is per worker process."""
    for name in ("gunicorn.error", "waitress"):
        logging.getLogger(name).addFilter(WithoutOutages())  # of an export that breaks off
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # requests wait for a thread all the time
    _load_once()
    _choose_databases()
    _Server(
        {
            "bind": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
            "workers": workers,
            "threads": threads,
            "worker_class": "usher.config.server.worker.BufferingWorker",
            "loglevel": "warning",
            "logger_class": _OurLog,
            "proc_name": "usher web",
            "graceful_timeout": 5,
            "timeout": 60,
            "control_socket_disable": True,
        }
    ).run()
