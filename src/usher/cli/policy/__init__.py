"""`usher policy`."""
