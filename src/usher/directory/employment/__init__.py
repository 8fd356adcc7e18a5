"""What the directory says about each person in Asana, and the pages that show it."""
