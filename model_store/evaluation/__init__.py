"""Figures from probabilities: counts, metrics, intervals, comparisons. Nothing here reads or writes files."""
