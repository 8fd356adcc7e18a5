"""Exports of other systems, made up, with a known truth about who works here."""
