"""Lists of employees from files: read, previewed, applied or discarded."""
