"""Augmentation of training images: the views that are safe, and the strength."""
