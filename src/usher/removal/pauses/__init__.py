"""Licences to be paused by hand: who is on the list, what people said of it, and what the audit log shows."""
