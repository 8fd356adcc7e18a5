"""Telling people: by e-mail, Slack, Teams and others, and webhooks. Knows no rule of what is worth telling."""
