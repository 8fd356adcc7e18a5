"""The invented company: its people, workspaces and memberships, reproducible by seed."""
