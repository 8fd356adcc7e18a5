"""Whom a rule finds, now and on each of the last days: from history, never by a guess."""
