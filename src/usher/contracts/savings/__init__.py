"""What a contract saves, and has saved."""
