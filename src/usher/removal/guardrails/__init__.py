"""What keeps a removal from running: rules and limits, protected people, and the stop switch."""
