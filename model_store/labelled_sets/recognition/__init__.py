"""Recognising the places of labels, parts and masks in the paths of a labelled set. Nothing here reads a file."""
