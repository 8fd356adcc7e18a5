"""Ways to send: one module for each kind of receiver."""
