"""Commands that are asked of an Usher elsewhere, by its REST API."""
