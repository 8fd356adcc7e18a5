"""People who sign in to Usher."""
