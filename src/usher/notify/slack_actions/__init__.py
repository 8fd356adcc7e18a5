"""Buttons in Slack: what is pressed is proved by Slack's signature, and goes to whoever registered for it."""
