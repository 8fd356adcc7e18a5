"""The invoice, divided among workspaces and departments."""
