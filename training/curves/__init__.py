"""Learning curves and their diagnosis in plain words."""
