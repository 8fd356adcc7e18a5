"""Scope: the connections that a user or an API token may see."""
