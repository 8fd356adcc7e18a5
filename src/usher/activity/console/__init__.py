"""The Admin Console's member CSV: read, matched to people, shown before it counts, stored."""
