"""Event streams: audit log events and ledger entries, sent to where a company looks at its logs."""
