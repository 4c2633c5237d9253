"""Decoded pixels of a data set: kept, indexed, compared. What becomes of a file is `data`."""
