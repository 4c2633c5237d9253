"""Reading what a request sends: bodies within the budget, forms and their fields, uploaded files."""
