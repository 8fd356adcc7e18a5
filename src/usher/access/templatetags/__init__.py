"""Template tags of who may do what."""
