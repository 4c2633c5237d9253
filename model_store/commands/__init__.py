"""The `fullcount` command, which finds the others, and `fullcount models`. The work itself is done elsewhere."""
