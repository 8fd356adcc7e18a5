"""Users: added, given a role, deactivated, let in again."""
