"""`usher demo`: Usher with a simulated Asana and an invented company."""
