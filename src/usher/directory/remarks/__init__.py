"""What about a person does not fit: found, shown to whoever approves, and answered."""
