"""The list of licences to pause, and putting people on it."""
