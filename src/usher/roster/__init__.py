"""Who is in Asana: workspaces, people, memberships and their history, prices of seats, and the daily walk."""
