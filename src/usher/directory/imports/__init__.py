"""Lists of employees from files: read, previewed, then applied or discarded."""
