"""Why a removal may not run now: the rules, their limits, who is protected, and the stop switch."""
