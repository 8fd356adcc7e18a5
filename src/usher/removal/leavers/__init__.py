"""Who should be removed: people who left or are leaving, and people chosen by hand."""
