"""The proof of a case, for auditors."""
