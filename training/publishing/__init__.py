"""Turns a trained network into a version to publish: the SavedModel and its description."""
