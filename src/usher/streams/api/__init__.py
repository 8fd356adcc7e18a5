"""New events, and where events are sent, in the REST API."""
