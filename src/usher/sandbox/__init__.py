"""A simulated Asana over HTTP, with an invented company whose truth is known."""

from usher.sandbox.clock import Clock
from usher.sandbox.company.company import Company
from usher.sandbox.http.asgi import app
from usher.sandbox.http.limits import Limits
from usher.sandbox.http.server import RunningSandbox, running, serve

__all__ = ["Clock", "Company", "Limits", "RunningSandbox", "app", "running", "serve"]
