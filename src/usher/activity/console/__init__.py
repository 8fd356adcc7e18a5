"""The member CSV of Asana's Admin Console: read, matched with people, previewed, stored."""
