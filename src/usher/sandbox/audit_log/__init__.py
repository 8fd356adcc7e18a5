"""The audit log and the event stream that the company's work leaves behind."""
