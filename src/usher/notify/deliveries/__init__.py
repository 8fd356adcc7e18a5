"""What was sent, what waits and what failed."""
