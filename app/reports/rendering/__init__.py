"""Reports in other forms than JSON: an HTML page, a picture of the matrix, a table of the files."""
