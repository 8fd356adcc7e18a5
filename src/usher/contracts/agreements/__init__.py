"""What was agreed with Asana: entering and changing contracts."""
