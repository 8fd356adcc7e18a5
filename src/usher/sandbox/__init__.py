"""A simulated Asana over HTTP, with an invented company whose truth is known."""

from usher.sandbox.asgi import app
from usher.sandbox.clock import Clock
from usher.sandbox.company import Company
from usher.sandbox.limits import Limits
from usher.sandbox.server import RunningSandbox, running, serve

__all__ = ["Clock", "Company", "Limits", "RunningSandbox", "app", "running", "serve"]
