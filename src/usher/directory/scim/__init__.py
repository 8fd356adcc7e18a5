"""SCIM 2.0: identity providers push employees and groups when they change."""
