"""Which employee a person in Asana is: the rules, people's decisions, and keeping matches up to date."""
