"""Rules that find people and tell somebody, ask, open cases. No rule approves."""
