"""Predictions as answers: their schemas, and batches of them. Computing them is in `inference`."""
