"""`usher mcp`."""
