"""`fullcount bench`: what this machine could do at most, what the service does on it, and what holds it back."""
