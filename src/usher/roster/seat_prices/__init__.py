"""What a seat costs a month, by connection."""
