"""`make demo`: train, serve, predict and evaluate on photographs of solar cells, as a user would.

It uses the command line and HTTP, never the packages behind them, except for the shapes of the answers.
"""
