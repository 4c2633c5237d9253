"""The routes, one file for each subject. They translate HTTP into calls of other rooms and do nothing else."""
