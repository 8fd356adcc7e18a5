"""What people do day by day, and what they own."""
