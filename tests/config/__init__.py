"""Settings and the web server."""
