"""Labelled sets from a folder or a zip: walked, laid out and read alike for training and evaluation."""
