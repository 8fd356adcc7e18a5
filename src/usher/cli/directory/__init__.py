"""`usher directory`: files of employees, who they are in Asana, and who is no longer listed."""
