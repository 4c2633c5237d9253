"""Predictions and evaluations in this process, without a server. Nothing here knows HTTP."""
