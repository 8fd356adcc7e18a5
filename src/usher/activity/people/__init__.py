"""One person's activity: last use, calendar, days."""
