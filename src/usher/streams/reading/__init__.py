"""What is sent next to a destination, and in which form."""
