"""What the company's people do day by day, and what they own."""
