"""The web server: gunicorn with threads, so that pages and streamed exports need no async code."""

from typing import TYPE_CHECKING

from gunicorn.app.base import BaseApplication

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

        return application


def serve(host: str, port: int, workers: int, threads: int) -> None:
    """Serves until it is stopped. `threads` is per worker process."""
    _Server(
        {
            "bind": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
            "workers": workers,
            "threads": threads,
            "worker_class": "gthread",
            "loglevel": "warning",
            "proc_name": "usher web",
            # Stopping waits for running requests and, for the length of keep-alive, for idle connections.
            "graceful_timeout": 5,
            "keepalive": 1,
            "timeout": 60,
            "control_socket_disable": True,
        }
    ).run()
