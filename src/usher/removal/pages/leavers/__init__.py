"""The page of leavers."""
