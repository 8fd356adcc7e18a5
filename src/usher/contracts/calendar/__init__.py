"""The calendar of renewals, as a page and as a subscription."""
