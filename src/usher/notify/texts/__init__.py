"""The page with all texts, as people get them."""
