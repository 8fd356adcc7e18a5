"""Remarks on the pages of a case and of a person, and their answers."""
