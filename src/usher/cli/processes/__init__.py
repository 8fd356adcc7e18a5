"""Commands that run Usher, and the processes that they start."""
