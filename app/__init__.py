"""The HTTP service and its command line: loads stored models and answers with predictions and evaluations."""
