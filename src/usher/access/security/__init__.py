"""The security policy: what signing in takes, and how long a session and a proof last."""
