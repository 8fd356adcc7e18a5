"""Audit log events for people: search, types, sentences, tables."""
