"""Connecting an Asana account, by OAuth or by personal access token, and changing the connection."""
