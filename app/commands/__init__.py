"""The commands of `app`, a file each: their options and their output. The work is done elsewhere."""
