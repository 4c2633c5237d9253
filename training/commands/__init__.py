"""The subcommands of `fullcount` that training registers. None loads TensorFlow before it is needed."""
