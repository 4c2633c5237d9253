"""Metrics of the running service. Nothing here changes its behaviour."""
