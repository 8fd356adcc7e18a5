"""SCIM 2.0: identity providers push employees and groups as they change."""
