"""A company in Asana that is synced, with a connection that may act: the same as for removals."""

from tests.removal.conftest import acme, guardrails

__all__ = ["acme", "guardrails"]
