"""Employees as their sources report them: stored one by one or as a whole list."""
