"""OAuth as in Asana."""
