"""Networks from pixels to features, with their weights and input scaling."""
