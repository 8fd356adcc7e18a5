"""What the machine provides: the data folder, keys and encryption, the embedded PostgreSQL server, database locks."""
