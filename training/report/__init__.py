"""Training report, model card, pictures and terminal summary of a run."""
