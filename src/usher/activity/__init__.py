"""What people do in Asana: audit log, workspace events, the console's CSV; evidence, active days, sessions."""
