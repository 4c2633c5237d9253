"""A report in other forms than JSON: a page, a picture of its matrix, a table of its files."""
