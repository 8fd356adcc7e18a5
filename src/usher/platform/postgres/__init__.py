"""Django's PostgreSQL backend, whose sessions see the rows of the current scope only (decision 0020)."""
