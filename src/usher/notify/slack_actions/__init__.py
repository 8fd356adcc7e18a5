"""Buttons in Slack: what is pressed is proved by Slack's signature, and goes to whom the settings name for it."""
