"""Predictions as response bodies, single and in batches. Computing them is in `inference`."""
