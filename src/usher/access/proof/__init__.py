"""Proving again who one is, before something dangerous."""
