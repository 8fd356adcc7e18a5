"""From evidence to figures: sessions, active days, last use, idle seats, and the confidence in each."""
