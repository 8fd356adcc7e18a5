"""One pace for each token, which all processes of Usher share through the database (decision 0024)."""
