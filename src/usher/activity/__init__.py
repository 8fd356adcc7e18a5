"""What people do in Asana: audit log, event stream and console CSV; evidence, sessions, active days."""
