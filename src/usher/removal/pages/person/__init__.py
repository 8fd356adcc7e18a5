"""What the page of a person shows about their removal."""
