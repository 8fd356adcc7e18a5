"""Whether Usher itself is well, as people and programs see it."""
