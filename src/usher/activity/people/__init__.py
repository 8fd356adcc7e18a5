"""One person's activity: last use, evidence, a year of days, and the sessions of one day."""
