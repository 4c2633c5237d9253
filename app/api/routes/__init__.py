"""The routes, a file for each subject. They translate HTTP to calls of the other rooms and do nothing else."""
