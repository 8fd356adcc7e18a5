"""Connections in the REST API."""
