"""Requests as real clients send them: slowly, half, or far too much."""
