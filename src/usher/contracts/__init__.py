"""What is bought from Asana, and what giving up seats saves."""
