"""Telling people what happened, once: by e-mail, Slack, other chats and webhooks."""
