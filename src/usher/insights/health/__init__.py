"""Whether Usher itself is well: facts for the dashboard, `usher doctor`, /healthz/details and /metrics."""
