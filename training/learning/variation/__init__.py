"""Varied views of training images, and how strongly they vary."""
