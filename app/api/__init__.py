"""HTTP in and out: requests, their limits, and responses. Nothing here predicts or evaluates."""
