"""Serving the sandbox over HTTP: endpoints, paging, limits, faults."""
