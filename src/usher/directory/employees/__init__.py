"""Employees as their sources report them, stored singly or as a whole list."""
