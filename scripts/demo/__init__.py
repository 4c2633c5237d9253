"""`make demo`: train, serve, predict and evaluate on photographs of solar cells, as a user would.

It uses the command line and HTTP. Of the packages it imports only the schemas of responses and the tables.
"""
