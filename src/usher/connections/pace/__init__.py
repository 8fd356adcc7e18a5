"""One pace for each token, kept in the database for all processes."""
