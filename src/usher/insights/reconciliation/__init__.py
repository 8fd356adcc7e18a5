"""Asana's Admin Console beside Usher: who is where, when they were last active, and why the two differ."""
