"""The `fullcount` command, which finds the others, and `fullcount models`. What they do is elsewhere."""
