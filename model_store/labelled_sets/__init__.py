"""Images with labels, from a folder or a zip: walked, laid out, read file by file. Nothing here predicts."""
