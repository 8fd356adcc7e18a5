"""Audit log events and ledger entries as events of OCSF, the Open Cybersecurity Schema Framework (schema.ocsf.io)."""
