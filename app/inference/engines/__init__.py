"""Engines: a loaded version on a device. TensorFlow and its kind are imported here and nowhere else in the service."""
