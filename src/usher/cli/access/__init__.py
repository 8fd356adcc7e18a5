"""Commands for users and their API tokens."""
