"""What Usher watches by itself, and tells people: its own health, new admins, mass exports, and the weekly summary."""
