"""Settings, addresses, keys and the processes that Usher runs as."""
