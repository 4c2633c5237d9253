"""Routes translate HTTP to calls of the service, and nothing else."""
