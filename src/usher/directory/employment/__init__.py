"""What the directory says about each person in Asana, and how pages show it."""
