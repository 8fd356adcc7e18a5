"""From evidence to figures: sessions, active days, last use, idleness, and how sure each figure is."""
