"""Who is in Asana: workspaces, people, memberships, their history; the daily walk."""
