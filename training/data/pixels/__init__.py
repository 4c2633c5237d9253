"""Decoded pixels of a data set: kept, indexed and compared. The fates of files are decided in `training.data`."""
