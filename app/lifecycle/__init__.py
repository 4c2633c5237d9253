"""The versions in memory, and when they are loaded and unloaded. Predicting is in `inference`."""
