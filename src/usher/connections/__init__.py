"""Connected Asana accounts: OAuth, tokens, workspace filter, Test Connection, health."""
