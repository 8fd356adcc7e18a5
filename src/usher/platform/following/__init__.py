"""What a process is at work for, and how much: counts, spans, and the lines of its log."""
