"""Who works here: employees from the company's directory, and which people in Asana they are."""
