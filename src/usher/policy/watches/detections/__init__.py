"""What a security engineer wants to know of the audit log, told once for each fact. Thresholds: docs/notices.md."""
