"""What each user is told and where, and the minimum that admins set."""
