"""OAuth as Asana speaks it."""
