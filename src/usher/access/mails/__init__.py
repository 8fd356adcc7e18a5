"""E-mails to the owners of accounts: new tokens, passkeys and places, changed passwords and addresses."""
