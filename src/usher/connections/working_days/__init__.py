"""Days on which people work: weekends and public holidays, by the calendar that a connection names."""
