"""Histories, and what they mean in plain words."""
