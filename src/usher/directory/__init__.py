"""Who works here: the employees in the company's directories, and which people in Asana they are."""
