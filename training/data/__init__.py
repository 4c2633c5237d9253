"""Files on disk: found, decoded once, audited, split."""
