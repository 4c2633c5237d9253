"""Readers of the files that hold learning curves: text or bytes → rows of named cells."""
