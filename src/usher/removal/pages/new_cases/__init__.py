"""The page that opens cases for selected people."""
