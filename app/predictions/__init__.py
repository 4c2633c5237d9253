"""Predictions as answers: their schemas, and batches of them. How they are computed is `inference`."""
