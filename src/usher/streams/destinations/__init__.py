"""Settings → Event streams."""
