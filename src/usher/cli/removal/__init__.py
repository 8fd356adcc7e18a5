"""Commands that remove people from Asana: leavers, cases, and the stop switch."""
