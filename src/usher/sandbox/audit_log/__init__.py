"""The audit log and the event stream that result from the company's work."""
