"""The commands of `app`, a file each: their options and what they print. What they do is elsewhere."""
