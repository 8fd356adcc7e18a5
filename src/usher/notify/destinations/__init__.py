"""Settings → Notices: where notices go, besides the e-mail of users."""
