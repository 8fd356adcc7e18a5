"""A case from its opening to its end: every change of state, alone or in bulk."""
