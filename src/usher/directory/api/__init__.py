"""The REST API for HR systems. `employees` has the router."""
