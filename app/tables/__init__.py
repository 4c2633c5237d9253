"""Predictions of many files as one table: files of folders, zips and lists, each with a row."""
