"""Asking first: a message with two answers, a reminder, and what follows."""
