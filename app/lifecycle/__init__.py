"""The versions in memory: loading and unloading them. Predicting is in `inference`."""
