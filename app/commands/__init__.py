"""The commands of `app`, one file each, with their options and their output. The work is done elsewhere."""
