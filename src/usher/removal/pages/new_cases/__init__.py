"""The page that opens cases for chosen people."""
