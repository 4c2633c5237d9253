"""The subcommands of `fullcount` for training. They load TensorFlow only when they need it."""
