"""The REST API for HR systems."""
