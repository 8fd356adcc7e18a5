"""Layout, components, lists, downloads and static files. No business rules."""
