"""Service accounts: programs that act in nobody's name, for as long and as far as an admin lets them."""
