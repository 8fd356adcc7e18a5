"""API tokens: a program with one acts as the user who owns it."""
