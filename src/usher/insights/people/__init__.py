"""The people list: everyone in Asana, with their usage."""
