"""Who takes a licence of a contract, over time, and whose seat could be freed."""
