"""Usage and the audit log in the REST API."""
