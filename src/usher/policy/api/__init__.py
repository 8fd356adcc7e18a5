"""Rules in the REST API."""
