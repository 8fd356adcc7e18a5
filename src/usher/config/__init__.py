"""Settings, addresses, the root of the API, and the web server."""
