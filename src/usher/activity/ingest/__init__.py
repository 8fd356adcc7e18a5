"""Reads the audit log and the event stream into the database, without gaps and without duplicates."""
