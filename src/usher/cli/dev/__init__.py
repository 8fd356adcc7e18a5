"""`usher dev`: Usher from a checkout, restarted when a source file changes."""
