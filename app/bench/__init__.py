"""`fullcount bench`: measures the machine's limits and the service on it, and names the bottleneck."""
