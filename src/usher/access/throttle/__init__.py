"""Slowing down whoever guesses passwords, links or tokens, without locking out whom it belongs to."""
