"""Test Connection: what works with a connection's tokens and, for what does not, why and what to do."""
