"""Commands about who uses Asana: usage, idle seats, events, and what the Admin Console exports."""
