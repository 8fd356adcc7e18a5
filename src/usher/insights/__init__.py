"""Questions answered from what the other capabilities stored. Reads only."""
