"""From probabilities to figures: counts, metrics, intervals, comparisons. Nothing here reads or writes files."""
