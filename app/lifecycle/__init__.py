"""Which versions are in memory, and when. How one predicts is `inference`."""
